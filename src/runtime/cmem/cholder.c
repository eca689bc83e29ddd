/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cholder.h"

#include "runtime/cmem/cheap.h"
#include "runtime/state.h"

#include <string.h>

struct search {
    struct ffisan_state *state;
    uintptr_t start;
    size_t size;
    struct ffisan_holder *best;
    bool found, is_field;
};

/* The first word of the payload that leads there and is declared as a pointer. */
static void look_in(struct search *search, struct ffisan_holder *holder)
{
    const struct ffisan_vm *vm = &search->state->vm;
    for (size_t offset = 0; offset + 8 <= holder->size; offset += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
        if (word - search->start >= search->size)
            continue;
        if (holder->kind == FFISAN_HOLDER_CDATA) {
            enum ffisan_slot_kind kind =
                ffisan_ctype_slot(vm, holder->ctypeid, holder->size, offset);
            if (kind != FFISAN_SLOT_POINTER && kind != FFISAN_SLOT_FUNCTION)
                continue;
        }
        holder->offset = (uint32_t)offset;
        search->is_field = holder->kind != FFISAN_HOLDER_CDATA ||
                           !ffisan_ctype_is_pointer(vm, holder->ctypeid, NULL);
        *search->best = *holder;
        search->found = true;
        return;
    }
}

static void visit(void *context, const struct ffisan_slot_ref *ref)
{
    struct search *search = context;
    struct ffisan_holder holder = {.block = ref->block, .made = ref->slot->stack};
    if (search->found && search->is_field)
        return;
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

bool ffisan_cholder_find(struct ffisan_state *state, uintptr_t start, size_t size,
                         struct ffisan_holder *ret_holder)
{
    struct search search = {.state = state, .start = start, .size = size, .best = ret_holder};
    ffisan_heap_each_holder(&state->heap, visit, &search);
    return search.found;
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

bool ffisan_cholder_find_dead(struct ffisan_state *state, uintptr_t start, size_t size,
                              struct ffisan_holder *ret_holder)
{
    struct search search = {.state = state, .start = start, .size = size, .best = ret_holder};
    ffisan_heap_each_dead_holder(&state->heap, visit, &search);
    return search.found;
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
