/* SPDX-License-Identifier: MIT */
#include "runtime/ffi/setting.h"

#include "runtime/cmem/finalizer_places.h"
#include "runtime/ffi/builtins.h"
#include "runtime/state.h"

static void before_gc(const struct ffisan_builtin_call *call)
{
    struct ffisan_state *state = call->state;
    uint64_t object = ffisan_builtin_value(call, 0);
    struct ffisan_slot_ref ref;
    uint32_t visits;
    if (!state->stacks || lj_tv_type(object) != LJ_GCT_CDATA ||
        lj_tv_type(ffisan_builtin_value(call, 1)) == LJ_IT_NIL ||
        !ffisan_heap_find(&state->heap, lj_tv_object(object), &ref) || ref.slot->stack == 0)
        return;
    uint32_t here = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    ffisan_finalizer_places_note(state, ref.slot->stack, here);
}

void ffisan_setting_watch(void)
{
    ffisan_builtins_watch(FFISAN_BUILTIN_GC, before_gc, NULL);
}
