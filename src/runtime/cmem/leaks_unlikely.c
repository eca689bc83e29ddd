/* SPDX-License-Identifier: MIT */
/*
 * Before anything is called lost: memory that is shared with other processes or was made read-only,
 * pointers of packed structs, which lie anywhere, and addresses that are kept in other forms.
 */
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/leaks_search.h"
#include "runtime/cmem/reach.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

struct missing {
    const struct ffisan_leaks_mark *mark;
    bool found;
};

static void look_for_missing(void *context, const struct ffisan_slot_ref *ref)
{
    struct missing *missing = context;
    missing->found |= ffisan_cheap_note(ref)->is_marked == FFISAN_LEAKS_UNMARKED &&
                      ffisan_leaks_may_be_listed(missing->mark, ref);
}

static bool is_any_missing(struct ffisan_leaks_mark *mark)
{
    struct missing missing = {.mark = mark};
    ffisan_cheap_each_live(look_for_missing, &missing);
    return missing.found;
}

/* The address may be on its way in a pipe.  Whether it was taken out again is not known. */
static void reach_given(void *context, const struct ffisan_slot_ref *ref)
{
    if (ffisan_cheap_note(ref)->is_given)
        ffisan_leaks_reach(context, ref->block, FFISAN_LEAKS_REACHABLE);
}

/* ---- Addresses in other forms --------------------------------------------------------------- */

/* Is the address in a block, or just past its end? */
static bool is_in_live(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_cheap_find_live(address, &ref) && address <= ref.block + ffisan_slot_size(&ref);
}

static bool is_live_block(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_cheap_find_live(address, &ref) && ref.block == address;
}

/* An array that is counted from 1: what leads to no block is meant for the one that follows. */
static void reach_next(struct ffisan_leaks_mark *mark, uintptr_t address)
{
    enum { FARTHEST = 64 };
    struct ffisan_slot_ref ref;
    if (ffisan_cheap_find(address, &ref) && ref.block == address)
        return; /* it was freed */
    for (uintptr_t ahead = 4; ahead <= FARTHEST; ahead += 4)
        if (is_live_block(address + ahead))
            ffisan_leaks_reach(mark, address + ahead, FFISAN_LEAKS_REACHABLE);
}

/* Upper bits that are a tag or a count, addresses that were packed into six bytes, complements. */
static void look_at(struct ffisan_leaks_mark *mark, const char *place, bool is_aligned, uint8_t how)
{
    const uint64_t low_bits = (UINT64_C(1) << 47) - 1;
    uint64_t word;
    memcpy(&word, place, sizeof(word));
    uintptr_t address = (~word >> 47 == 0 ? ~word : word) & low_bits;
    if (__builtin_expect(address - mark->low >= mark->size, 1) ||
        !ffisan_leaks_is_root(mark, (const uint64_t *)place))
        return;
    if (is_in_live(address))
        ffisan_leaks_reach(mark, address, how);
    else if (is_aligned && address == word)
        reach_next(mark, address);
}

void ffisan_leaks_search_encoded(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                                 uint8_t how)
{
    enum { STEP = 2 };
    for (uintptr_t at = (low + STEP - 1) & ~(uintptr_t)(STEP - 1); at + 8 <= high; at += STEP)
        look_at(mark, (const char *)at, at % 8 == 0, how);
    mark->n_words += (high - low) / STEP;
}

/* The size of what the cdata, a pointer, leads to; 0 = it is none. */
static uint32_t element_size(const struct ffisan_vm *vm, const struct lj_cdata *cdata)
{
    struct ffisan_ctable table;
    const struct lj_ctype *type =
        ffisan_ctable_init(&table, vm) ? ffisan_ctable_raw(&table, cdata->ctypeid) : NULL;
    if (!type || lj_ct_kind(type) != LJ_CT_PTR || type->info & LJ_CTF_REF)
        return 0;
    uint32_t size = ffisan_ctable_size(&table, lj_ct_child(type));
    return size == LJ_CTSIZE_INVALID ? 0 : size;
}

/* `ffi.cast("T *", C.malloc(n)) - 1`, although there is another block before. */
static void reach_element(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    uintptr_t address, likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
    if (!cdata || (uintptr_t)cdata->payload + 8 > ref->block + ffisan_slot_size(ref))
        return;
    memcpy(&address, cdata->payload, sizeof(address));
    if (address - mark->low >= mark->size || ffisan_reach_is_beyond(mark->reach, ref))
        return;
    uint32_t size = element_size(&mark->state->vm, cdata);
    if (size > 0 && is_live_block(address + size))
        ffisan_leaks_reach(mark, address + size, FFISAN_LEAKS_REACHABLE);
}

/* ---- The search ----------------------------------------------------------------------------- */

static void search_reached(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    if (ffisan_cheap_note(ref)->is_marked == FFISAN_LEAKS_REACHABLE)
        ffisan_leaks_search_words(mark, ref->block, ref->block + ffisan_slot_size(ref),
                                  FFISAN_LEAKS_REACHABLE);
}

static void search_all(struct ffisan_leaks_mark *mark)
{
    struct ffisan_state *first = mark->without_lua ? NULL : ffisan_runtime.states;
    ffisan_cheap_each_live(search_reached, mark);
    ffisan_leaks_search_process(mark);
    for (struct ffisan_state *state = first; state; state = state->next)
        ffisan_heap_each_live(&state->heap, ffisan_leaks_search_object, mark);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
}

void ffisan_leaks_search_unlikely(struct ffisan_leaks_mark *mark)
{
    if (!is_any_missing(mark))
        return;
    ffisan_cheap_each_live(reach_given, mark);
    ffisan_maps_each_unlikely(ffisan_leaks_search_mapping, mark);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
    for (mark->phase = 1; mark->phase < 8 && is_any_missing(mark); mark->phase++)
        search_all(mark);
    mark->phase = 0;
    if (!is_any_missing(mark))
        return;
    mark->is_encoded = true;
    if (!mark->without_lua)
        ffisan_heap_each_live(&mark->state->heap, reach_element, mark);
    search_all(mark);
    mark->is_encoded = false;
}
