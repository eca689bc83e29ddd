/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/disguise.h"

#include "runtime/audit/lead.h"
#include "runtime/bounds/extent.h"
#include "runtime/state.h"

#define MOST_BYTES 4096u /* what is larger is hardly ever a struct */

/* The integers of a live cdata among the kept blocks. */
struct integers {
    struct ffisan_slot_ref ref;
    const uint64_t *words;
    size_t size;
    uint16_t ctypeid;
};

static bool find_integers(struct ffisan_state *state, uintptr_t block, struct integers *ret)
{
    if (!ffisan_heap_find(&state->heap, block, &ret->ref) || ret->ref.block != block ||
        ffisan_slot_state(&ret->ref) != FFISAN_SLOT_LIVE || ret->ref.slot->is_disguise ||
        (ret->ref.slot->type & FFISAN_SLOT_TYPE_MASK) != LJ_GCT_CDATA)
        return false;
    const struct lj_cdata *cdata = ffisan_lead_cdata(&ret->ref);
    if (!cdata)
        return false;
    ret->ctypeid = cdata->ctypeid;
    ret->words = (const uint64_t *)cdata->payload;
    ret->size = ffisan_slot_size(&ret->ref) - ((uintptr_t)cdata->payload - block);
    return ffisan_state_ctype_map(state, cdata->ctypeid)->has_evidence && ret->size <= MOST_BYTES;
}

static bool leads_to_kept(const struct ffisan_builtin_call *call, uintptr_t own, uint64_t word)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_region_find(word) || !ffisan_heap_find(&call->state->heap, word, &ref) ||
        ref.block == own)
        return false;
    for (unsigned i = 0; i < call->kept->n_blocks; i++)
        if (call->kept->blocks[i] == ref.block)
            return true;
    return false;
}

static uint32_t count(const struct ffisan_builtin_call *call, const struct integers *integers)
{
    uint32_t n = 0;
    for (size_t i = 0; i < integers->size / 8; i++)
        n += leads_to_kept(call, integers->ref.block, integers->words[i]) &&
             ffisan_ctype_slot(&call->state->vm, integers->ctypeid, integers->size, i * 8) ==
                 FFISAN_SLOT_INTEGER;
    return n;
}

void ffisan_disguise_before(const struct ffisan_builtin_call *call)
{
    struct integers integers;
    for (unsigned i = 0; i < call->kept->n_blocks; i++)
        call->kept->n_addresses[i] = find_integers(call->state, call->kept->blocks[i], &integers)
                                         ? count(call, &integers)
                                         : 0;
}

void ffisan_disguise_after(const struct ffisan_builtin_call *call)
{
    struct integers integers;
    for (unsigned i = 0; i < call->kept->n_blocks; i++)
        if (find_integers(call->state, call->kept->blocks[i], &integers) &&
            count(call, &integers) > call->kept->n_addresses[i])
            integers.ref.slot->is_disguise = true;
}
