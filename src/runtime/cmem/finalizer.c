/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/finalizer.h"

#include "runtime/state.h"

void ffisan_finalizer_note(const struct ffisan_state *state, struct ffisan_cnote *note)
{
    struct ffisan_slot_ref ref;
    note->finalizer_ctype = 0;
    note->finalizer_made = 0;
    if (!ffisan_finalizer_may_run(state) || !state->vmstate || *state->vmstate != LJ_VMST_C)
        return;
    const struct lj_header *object = ffisan_luastack_finalized(&state->vm);
    if (!object || object->gct != LJ_GCT_CDATA)
        return;
    note->finalizer_ctype = ((const struct lj_cdata *)object)->ctypeid;
    if (ffisan_heap_find((struct ffisan_heap *)&state->heap, (uintptr_t)object, &ref))
        note->finalizer_made = ref.slot->stack;
}
