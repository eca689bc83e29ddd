/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/finalizer.h"

#include "runtime/cmem/position.h"

void ffisan_finalizer_note(const struct ffisan_state *state, struct ffisan_cnote *note)
{
    note->finalizer_ctype = 0;
    note->finalizer_made = 0;
    if (!ffisan_finalizer_may_run(state))
        return;
    struct ffisan_finalized finalized = ffisan_position_finalized(state);
    note->finalizer_ctype = finalized.ctype;
    note->finalizer_made = finalized.made;
}
