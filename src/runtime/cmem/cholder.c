/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cholder.h"

#include "runtime/cmem/cheap.h"
#include "runtime/state.h"

#include <string.h>

enum rank {
    MADE_BY_USE,
    AFTER_IT,
    FIELD_AFTER_IT,
    BEFORE_IT,
    FIELD_BEFORE_IT,
    FINALIZED,
    NONE = -1
};

struct search {
    struct ffisan_state *state;
    const struct ffisan_cholder_aim *aim;
    struct ffisan_holder *best;
    int rank;
    uintptr_t word; /* of the best */
    bool is_ref;
};

static bool is_made_by_use(const struct search *search, const struct ffisan_holder *holder)
{
    const struct ffisan_frame *use = search->aim->use;
    const struct ffisan_stack made = ffisan_stacks_get(search->state->stacks, holder->made);
    return use && use->file && made.n_frames > 0 && made.frames[0].file &&
           made.frames[0].line == use->line && strcmp(made.frames[0].file, use->file) == 0;
}

static int rank_of(const struct search *search, const struct ffisan_holder *holder, uint64_t word)
{
    const struct ffisan_vm *vm = &search->state->vm;
    bool is_before = word <= search->aim->address;
    bool is_field =
        holder->kind != FFISAN_HOLDER_CDATA || !ffisan_ctype_is_pointer(vm, holder->ctypeid, NULL);
    if (holder->header == search->aim->finalized)
        return FINALIZED;
    if (!is_field && is_made_by_use(search, holder))
        return MADE_BY_USE;
    if (is_before)
        return is_field ? FIELD_BEFORE_IT : BEFORE_IT;
    return is_field ? FIELD_AFTER_IT : AFTER_IT;
}

/* Of equals, the first field, and the last bare pointer, but rather that than a reference. */
static bool is_better(const struct search *search, int rank, uint64_t word, bool is_ref)
{
    if (rank != search->rank)
        return rank > search->rank;
    if (word != search->word)
        return word <= search->aim->address && word > search->word;
    return (rank == MADE_BY_USE || rank == BEFORE_IT || rank == AFTER_IT) &&
           is_ref <= search->is_ref;
}

/* The words of the payload that lead there and are declared as pointers. */
static void look_in(struct search *search, struct ffisan_holder *holder)
{
    const struct ffisan_vm *vm = &search->state->vm;
    for (size_t offset = 0; offset + 8 <= holder->size; offset += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
        if (word - search->aim->start >= search->aim->size)
            continue;
        if (holder->kind == FFISAN_HOLDER_CDATA) {
            enum ffisan_slot_kind kind =
                ffisan_ctype_slot(vm, holder->ctypeid, holder->size, offset);
            if (kind != FFISAN_SLOT_POINTER && kind != FFISAN_SLOT_FUNCTION)
                continue;
        }
        bool is_ref = false;
        if (holder->kind == FFISAN_HOLDER_CDATA)
            ffisan_ctype_is_pointer(vm, holder->ctypeid, &is_ref);
        int rank = rank_of(search, holder, word);
        if (!is_better(search, rank, word, is_ref))
            continue;
        holder->offset = (uint32_t)offset;
        *search->best = *holder;
        search->rank = rank;
        search->is_ref = is_ref;
        search->word = word;
    }
}

static void visit(void *context, const struct ffisan_slot_ref *ref)
{
    struct search *search = context;
    struct ffisan_holder holder = {.block = ref->block, .made = ref->slot->stack};
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA) {
        uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
        const struct lj_cdata *cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
        if (!cdata)
            return;
        holder.header = (uintptr_t)cdata;
        holder.payload = (uintptr_t)cdata->payload;
        holder.ctypeid = cdata->ctypeid;
        holder.size = (uint32_t)(ref->block + ffisan_slot_size(ref) - holder.payload);
        if (cdata->marked & LJ_CDATA_VAR)
            holder.size = ((const struct lj_cdata_var *)cdata)[-1].len;
        holder.kind = FFISAN_HOLDER_CDATA;
    } else {
        const struct lj_udata *udata = (const struct lj_udata *)ref->block;
        if (udata->udtype != LJ_UDTYPE_USERDATA)
            return;
        holder.header = ref->block;
        holder.payload = (uintptr_t)udata->payload;
        holder.size = udata->len;
        holder.kind = FFISAN_HOLDER_USERDATA;
    }
    look_in(search, &holder);
}

bool ffisan_cholder_find(struct ffisan_state *state, const struct ffisan_cholder_aim *aim,
                         struct ffisan_holder *ret_holder)
{
    struct search search = {.state = state, .aim = aim, .best = ret_holder, .rank = NONE};
    ffisan_heap_each_holder(&state->heap, visit, &search);
    return search.rank != NONE;
}

struct loss {
    uintptr_t low, size;
    bool found;
};

static void look_for_loss(void *context, const struct ffisan_slot_ref *ref)
{
    struct loss *loss = context;
    struct ffisan_slot_ref c_ref;
    size_t n = loss->found ? 0 : ffisan_slot_size(ref) / 8;
    const uint64_t *words = (const uint64_t *)ref->block;
    for (size_t i = 0; i < n; i++)
        if (words[i] - loss->low < loss->size && ffisan_cheap_find_live(words[i], &c_ref))
            loss->found = true;
}

bool ffisan_cholder_lost_something(struct ffisan_state *state)
{
    struct loss loss = {0};
    uintptr_t high;
    ffisan_cheap_bounds(&loss.low, &high);
    loss.size = high - loss.low;
    ffisan_heap_each_dead_holder(&state->heap, look_for_loss, &loss);
    return loss.found;
}

struct noting {
    struct ffisan_state *state;
    uintptr_t low, size;
};

static void note_loss(void *context, const struct ffisan_slot_ref *ref)
{
    const struct noting *noting = context;
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    const struct lj_cdata *cdata = NULL;
    struct ffisan_slot_ref block;
    bool is_ref = false;
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA)
        cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
    if (!cdata)
        return;
    const uint64_t *words = (const uint64_t *)cdata->payload;
    size_t n = (ref->block + ffisan_slot_size(ref) - (uintptr_t)words) / 8;
    for (size_t i = 0; i < n; i++) {
        if (words[i] - noting->low >= noting->size || !ffisan_cheap_find_live(words[i], &block))
            continue;
        struct ffisan_cnote *note = ffisan_cheap_note(&block);
        ffisan_ctype_is_pointer(&noting->state->vm, cdata->ctypeid, &is_ref);
        if (!note || (is_ref && note->freed == 0 && note->finalizer_ctype != 0))
            continue;
        note->freed = 0; /* of an earlier block in this place */
        note->finalizer_ctype = cdata->ctypeid;
        note->finalizer_made = ref->slot->stack;
    }
}

static struct noting noting_of(struct ffisan_state *state)
{
    struct noting noting = {.state = state};
    uintptr_t high;
    ffisan_cheap_bounds(&noting.low, &high);
    noting.size = high - noting.low;
    return noting;
}

void ffisan_cholder_note_loss(struct ffisan_state *state, const struct ffisan_slot_ref *ref)
{
    struct noting noting = noting_of(state);
    note_loss(&noting, ref);
}

void ffisan_cholder_note_losses(struct ffisan_state *state)
{
    struct noting noting = noting_of(state);
    ffisan_heap_each_dead_holder(&state->heap, note_loss, &noting);
}

bool ffisan_cholder_find_dead(struct ffisan_state *state, const struct ffisan_cholder_aim *aim,
                              struct ffisan_holder *ret_holder)
{
    struct search search = {.state = state, .aim = aim, .best = ret_holder, .rank = NONE};
    ffisan_heap_each_dead_holder(&state->heap, visit, &search);
    return search.rank != NONE;
}

static const char *keep(struct ffisan_scratch *scratch, const char *string, size_t length)
{
    const char *start = ffisan_scratch_string(scratch);
    ffisan_text_add_n(&scratch->text, string, length);
    ffisan_scratch_end_string(scratch);
    return start;
}

/* "struct point" of a cdata of type "struct point *" that leads to the block's start. */
const char *ffisan_cholder_target(struct ffisan_scratch *scratch, const char *pointer_type)
{
    static const char *const vague[] = {"void", "char", "const char", "const void",
                                        "unsigned char"};
    size_t length = pointer_type ? strlen(pointer_type) : 0;
    if (length < 3 || strcmp(pointer_type + length - 2, " *") != 0)
        return NULL;
    length -= 2;
    for (size_t i = 0; i < sizeof(vague) / sizeof(vague[0]); i++)
        if (strlen(vague[i]) == length && strncmp(vague[i], pointer_type, length) == 0)
            return NULL;
    return keep(scratch, pointer_type, length);
}
