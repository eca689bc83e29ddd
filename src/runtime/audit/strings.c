/* SPDX-License-Identifier: MIT */
#include "runtime/audit/strings.h"

#include "runtime/state.h"

/* An audit of a large heap would take as long as the cycle before it if it looked at all. */
#define SHARE 8u

bool ffisan_strings_look_at(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    if (ffisan_seal_is_there(ref))
        return ffisan_seal_check(heap, ref, FFISAN_STRINGS_SKIP);
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) != LJ_GCT_STR || ref->slot->is_damaged ||
        !lj_is_string(ref->block, ffisan_slot_size(ref)))
        return false;
    ffisan_seal_put(ref, FFISAN_STRINGS_SKIP);
    return true;
}

static void look_at_span(struct ffisan_region *region, uint32_t span_index)
{
    struct ffisan_span *span = &region->spans[span_index];
    struct ffisan_slot_ref ref = {.region = region, .span = span};
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    for (uint32_t w = 0; w < span->n_words; w++) {
        uint64_t live = ~(span->dead[w] | span->old[w] | span->free[w]);
        for (; live; live &= live - 1) {
            ref.index = w * 64 + (uint32_t)__builtin_ctzl(live);
            ref.slot = &region->slots[(size_t)span_index * FFISAN_SLOTS_PER_SPAN + ref.index];
            ref.block = start + (uintptr_t)ref.index * span->slot_size;
            if ((ref.slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR &&
                ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE &&
                !ffisan_heap_is_waiting(region->heap, &ref))
                ffisan_strings_look_at(region->heap, &ref);
        }
    }
}

static bool can_have_strings(const struct ffisan_region *region, uint32_t span_index)
{
    const struct ffisan_span *span = &region->spans[span_index];
    return span->slot_size > 0 && span->head == span_index &&
           (span->group == FFISAN_GROUP_ANY || span->n_spans > 0);
}

/* Without the ffi library no Lua code can hand a string to C as memory. */
static bool has_ffi(const struct ffisan_state *state)
{
    uint16_t offset = state->vm.layout.ctype_state;
    return offset == FFISAN_NO_OFFSET || ffisan_vm_word(&state->vm, offset) != 0;
}

void ffisan_strings_audit(struct ffisan_state *state)
{
    uint32_t share = state->is_ending ? 1 : SHARE, number = 0;
    ffisan_seal_check_dead(&state->heap, FFISAN_STRINGS_SKIP);
    if (!has_ffi(state))
        return;
    for (struct ffisan_region *region = state->heap.regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++, number++)
            if (number % share == state->audit.n_audits % share && can_have_strings(region, i))
                look_at_span(region, i);
}
