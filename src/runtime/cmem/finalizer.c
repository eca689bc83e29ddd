/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/finalizer.h"

#include "runtime/cmem/position.h"

const struct lj_header *ffisan_finalizer_object(const struct ffisan_state *state)
{
    int32_t vmstate = state && state->vmstate ? *state->vmstate : 0;
    if ((vmstate != LJ_VMST_C && vmstate != LJ_VMST_INTERP) || !ffisan_finalizer_runs(state))
        return NULL;
    const struct lj_header *object = ffisan_luacall_finalized(&state->vm);
    return object && (object->gct == LJ_GCT_CDATA || object->gct == LJ_GCT_UDATA) ? object : NULL;
}

unsigned ffisan_finalizer_cycle(const struct ffisan_state *state)
{
    uint8_t white = *(const uint8_t *)(state->vm.g + state->vm.layout.gc_state - 1);
    return state->cycle + (white != state->cycle_white);
}

void ffisan_finalizer_note(const struct ffisan_state *state, struct ffisan_cnote *note)
{
    struct ffisan_finalized finalized = ffisan_position_finalized(state);
    note->finalizer_ctype = finalized.ctype;
    note->finalizer_made = finalized.made;
}
