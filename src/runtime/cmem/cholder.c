/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cholder.h"

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
        if (holder->gct == LJ_GCT_CDATA) {
            enum ffisan_slot_kind kind =
                ffisan_ctype_slot(vm, holder->ctypeid, holder->size, offset);
            if (kind != FFISAN_SLOT_POINTER && kind != FFISAN_SLOT_FUNCTION)
                continue;
        }
        holder->offset = (uint32_t)offset;
        search->is_field =
            holder->gct != LJ_GCT_CDATA || !ffisan_ctype_is_pointer(vm, holder->ctypeid, NULL);
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
        holder.gct = LJ_GCT_CDATA;
    } else {
        const struct lj_udata *udata = (const struct lj_udata *)ref->block;
        if (udata->udtype != LJ_UDTYPE_USERDATA)
            return;
        holder.header = ref->block;
        holder.payload = (uintptr_t)udata->payload;
        holder.size = udata->len;
        holder.gct = LJ_GCT_UDATA;
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
