/* SPDX-License-Identifier: MIT */
#include "runtime/renew.h"

#include "runtime/audit/standin.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/descriptors.h"
#include "runtime/cmem/finalizer_places.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/moments.h"
#include "runtime/ffi/results.h"
#include "runtime/report/stores.h"
#include "runtime/report/writers.h"
#include "runtime/state.h"

#include <string.h>

static void forget_in_span(struct ffisan_region *region, uint32_t index)
{
    const struct ffisan_span *span = &region->spans[index];
    struct ffisan_slot *slots = &region->slots[index * FFISAN_SLOTS_PER_SPAN];
    uint32_t n_slots =
        span->slot_size <= 1 ? span->slot_size : (uint32_t)FFISAN_SPAN_SIZE / span->slot_size;
    for (uint32_t i = 0; i < n_slots; i++)
        if (!slots[i].is_held) /* the number of its stand-in */
            slots[i].stack = 0;
}

void ffisan_renew_stacks(struct ffisan_state *state)
{
    struct ffisan_stacks *fresh = ffisan_stacks_new(ffisan_runtime.options.frames);
    if (!fresh)
        return;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    for (struct ffisan_region *region = state->heap.regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++)
            forget_in_span(region, i);
    memset(state->memos, 0, sizeof(state->memos));
    state->cycle_stack = 0;
    ffisan_standins_forget_stacks(state);
    ffisan_ctraces_forget_stacks(state);
    ffisan_callbacks_forget_stacks(state);
    ffisan_results_forget_stacks(state);
    ffisan_moments_forget_stacks(state);
    ffisan_descriptors_forget(state);
    ffisan_finalizer_places_forget(state);
    ffisan_writers_forget(state);
    ffisan_stores_forget(state);
    ffisan_stacks_free(state->stacks);
    state->stacks = fresh;
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}
