/* SPDX-License-Identifier: MIT */
#include "runtime/cycle/cycle.h"

#include "runtime/audit/audit.h"
#include "runtime/cmem/captured.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cycle/schedule.h"
#include "runtime/bounds/running.h"
#include "runtime/ffi/builtins.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/moments.h"
#include "runtime/interrupted.h"
#include "runtime/state.h"

#include <errno.h>

enum { GCS_SWEEP = 4, GCS_FINALIZE = 5 }; /* lj_gc.h */

/*
 * luaJIT_setmode lets a program wrap all C functions but those of the VM.  The wrapper is not for
 * us: it may count, and it may lie in a library that lua_close unloads before us.  What makes a
 * function one of the VM's is which of two instructions it begins with, in global_State one after
 * the other (lj_obj.h: bc_cfunc_int, bc_cfunc_ext); they differ only while there is a wrapper.
 */
static void push_unwrapped(struct ffisan_state *state, lua_State *L, lua_CFunction f)
{
    const struct ffisan_api *api = state->api;
    api->lua_pushcclosure(L, f, 0);
    struct lj_func *function = (struct lj_func *)api->lua_topointer(L, -1);
    uint32_t *external = (uint32_t *)function->pc, *internal = external - 1;
    if (*internal != *external && *internal + 1 != *external)
        return;
    function->pc = (uint64_t)internal;
    state->external_functions = external;
}

/* Leaves the userdata, referred to by nobody. Stack: its metatable, which goes. */
static void leave_sentinel(struct ffisan_state *state, lua_State *L)
{
    const struct ffisan_api *api = state->api;
    struct ffisan_state **payload = api->lua_newuserdata(L, sizeof(state));
    *payload = state;
    state->sentinel = (struct lj_udata *)payload - 1;
    api->lua_pushvalue(L, -2);
    api->lua_setmetatable(L, -2);
    api->lua_settop(L, -3);
    api->lua_pushnil(L); /* two slots may lie in a Lua function's frame, which is marked whole */
    api->lua_pushnil(L);
    api->lua_settop(L, -3);
}

/*
 * The userdata that is finalised; its payload is the state (lj_obj.h: L->base, GCudata).  It is
 * taken out of its slot: the slot may come to lie in the frame of a Lua function, which is marked
 * whole, and as long as nothing overwrites it there would be no next finalisation.
 */
static void *take_argument(lua_State *L)
{
    uint64_t *slot = (uint64_t *)((const struct lj_thread *)L)->base;
    struct lj_udata *udata = (struct lj_udata *)lj_tv_object(*slot);
    *slot = UINT64_MAX; /* nil */
    return udata->payload;
}

/* lua_cpcall makes its function itself, so the wrapper is taken away until that has begun. */
static void unwrap(struct ffisan_state *state)
{
    if (state->external_functions) {
        state->external_instruction = *state->external_functions;
        *state->external_functions = state->external_functions[-1];
    }
}

static void wrap_again(struct ffisan_state *state)
{
    if (state->external_instruction)
        *state->external_functions = state->external_instruction;
    state->external_instruction = 0;
}

static int collect(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (state) {
        state->lines.is_collecting = true;
        wrap_again(state);
        state->api->lua_gc(L, LUA_GCCOLLECT, 0);
    }
    return 0;
}

static bool collect_protected(struct ffisan_state *state, lua_State *L)
{
    const struct ffisan_api *api = state->api;
    unwrap(state);
    int status = api->lua_cpcall(L, collect, NULL);
    wrap_again(state); /* if there was no memory for the call */
    if (status != 0)
        api->lua_settop(L, -2);
    return status == 0;
}

static uint8_t gc_state(const struct ffisan_state *state)
{
    return *(const uint8_t *)(state->vm.g + state->vm.layout.gc_state);
}

/*
 * lua_close first makes a list of the userdata that have finalizers.  If a cycle under way had come
 * to one of these, it would go on in that list, which is a ring, and never end.  It starts again at
 * the newest object: what has been swept is kept (lj_obj.h: GCState, root and sweep).
 */
static void restart_sweep(struct ffisan_state *state)
{
    uint64_t *root = (uint64_t *)(state->vm.g + state->vm.layout.gc_root);
    if (gc_state(state) == GCS_SWEEP)
        root[1] = (uint64_t)root;
}

/*
 * lua_close finalises everything that is left, us as well, without a collection: what the program
 * has given up is not told from what it still had.  A last collection tells.
 */
static void collect_at_close(struct ffisan_state *state, lua_State *L)
{
    if (state->is_ending)
        return; /* by ffisan_cycle_finish, before it came to this */
    state->is_ending = true;
    ffisan_leaks_ending(state);
    ffisan_callbacks_note_kept(state);
    restart_sweep(state);
    collect_protected(state, L);
}

static int cycle_ended(lua_State *L)
{
    struct ffisan_state *state = *(struct ffisan_state **)take_argument(L);
    if (state->is_closing)
        return 0;
    int saved_errno = errno;
    bool closing = gc_state(state) != GCS_FINALIZE;
    if (closing)
        collect_at_close(state, L);
    else
        ffisan_cycle_rearm(state);
    state->cycle++;
    state->cycle_white = *(const uint8_t *)(state->vm.g + state->vm.layout.gc_state - 1);
    state->cycle_stack = ffisan_interrupted_stack(state);
    ffisan_running_check(state, L);
    if (closing || ffisan_audit_is_due(state))
        ffisan_audit_run(state);
    ffisan_builtins_poll(state);
    ffisan_moments_cycle_ended(state);
    if (closing)
        ffisan_callbacks_prepare_close(state);
    ffisan_schedule_cycle_ended(state);
    ffisan_lines_hide(state, L);
    state->is_closing = closing;
    errno = saved_errno;
    return 0;
}

void ffisan_cycle_start(struct ffisan_state *state)
{
    const struct ffisan_api *api = state->api;
    lua_State *L = state->L;
    api->lua_createtable(L, 0, 1);
    push_unwrapped(state, L, cycle_ended);
    api->lua_setfield(L, -2, "__gc");
    leave_sentinel(state, L);
}

/* The VM calls its own lua_close then, and the finalizers of cdata run before anything is asked. */
static void before_exit(const struct ffisan_builtin_call *call)
{
    uint32_t close = lj_tv_type(ffisan_builtin_value(call, 1));
    if (close != LJ_IT_NIL && close != LJ_IT_FALSE)
        ffisan_captured_ending(call->state);
}

void ffisan_cycle_watch(void)
{
    ffisan_builtins_watch(FFISAN_BUILTIN_EXIT, before_exit, NULL);
}

/* An error in a finaliser ends a collection, and when a state ends nobody is there to catch it. */
void ffisan_cycle_finish(struct ffisan_state *state)
{
    enum { MOST_ERRORS = 100 };
    ffisan_captured_ending(state);
    state->is_ending = true;
    ffisan_leaks_ending(state);
    ffisan_callbacks_note_kept(state);
    for (unsigned n = 0; !state->is_closing && n < MOST_ERRORS; n++) {
        if (collect_protected(state, state->L))
            break;
    }
    ffisan_callbacks_prepare_close(state);
    state->is_closing = true;
}
