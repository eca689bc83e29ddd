/* SPDX-License-Identifier: MIT */
/*
 * A state that was taken over while it ran still has its old allocator.  One that began with ours
 * never had another: LuaJIT's own is private to the library, but every state that luaL_newstate
 * makes has one, so such a state is made and stays empty.
 */
#include "runtime/lender.h"

#include "runtime/report/report.h"
#include "runtime/state.h"

#include <errno.h>

static bool find_lender(struct ffisan_state *state)
{
    if (state->old_allocf)
        return true;
    state->lender = state->api->luaL_newstate();
    if (!state->lender)
        return false;
    state->old_allocf = state->api->lua_getallocf(state->lender, &state->old_ud);
    return true;
}

void *ffisan_lender_alloc(struct ffisan_state *state, size_t size)
{
    int saved_errno = errno;
    void *block = find_lender(state) ? state->old_allocf(state->old_ud, NULL, 0, size) : NULL;
    if (block && state->n_lent++ == 0)
        ffisan_report_degraded(
            "no memory for more of our heap: part of the objects is not watched");
    errno = saved_errno;
    return block;
}

void ffisan_lender_close(struct ffisan_state *state)
{
    if (state->lender)
        state->api->lua_close(state->lender);
    state->lender = NULL;
}
