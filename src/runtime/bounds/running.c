/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/running.h"

#include "runtime/bounds/arguments.h"
#include "runtime/bounds/initial.h"
#include "runtime/state.h"
#include "runtime/vm/luaframe.h"

void ffisan_running_check(struct ffisan_state *state, const lua_State *L)
{
    const uint64_t *base = (const uint64_t *)((const struct lj_thread *)L)->base;
    const struct ffisan_builtin_call *call = NULL;
    if (state->running_call.call && lj_base_type(base) == LJ_FRAME_C)
        call = ffisan_builtin_running(state, L, (uintptr_t)lj_base_below(base));
    if (!call)
        return;
    ffisan_arguments_check(call);
    ffisan_initial_check(call, base[-3]); /* below the finalizer: the last of the call's values */
}
