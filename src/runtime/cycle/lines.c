/* SPDX-License-Identifier: MIT */
#include "runtime/cycle/lines.h"

#include "runtime/cycle/deadslots.h"
#include "runtime/cycle/schedule.h"
#include "runtime/state.h"
#include "runtime/vm/luacall.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/straight.h"
#include "runtime/vm/tailcall.h"

#include <errno.h>

#define VISITS_PER_LINE 2u
#define BORING_LINES 64u /* after so many the hook is taken away */

/* How often a line was entered, this time included; 0 = the table is full. */
static uint32_t count_visit(struct ffisan_state *state, uint64_t pc)
{
    uint64_t key = pc * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    for (unsigned i = 0; pc && i < 8; i++) {
        struct ffisan_site_visits *line = &state->visited_lines[(key + i) % FFISAN_SITES];
        if (line->pc == 0)
            line->pc = pc;
        if (line->pc == pc)
            return ++line->visits;
    }
    return 0;
}

static bool is_quiet(const struct ffisan_state *state, const struct ffisan_luatop *here)
{
    const struct ffisan_luatop *last = &state->lines.collected;
    if (!last->thread || here->thread != last->thread || here->frame != last->frame ||
        here->function != last->function || !here->pc || !state->vm.layout.bytecode_is_known)
        return false;
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(here->function);
    const struct lj_proto *proto = (const struct lj_proto *)function->pc - 1;
    uint32_t from = ffisan_proto_pc(proto, last->pc - 4), to = ffisan_proto_pc(proto, here->pc - 4);
    return from != UINT32_MAX && to != UINT32_MAX &&
           ffisan_straight_gives_up_nothing(proto, from, to);
}

bool ffisan_lines_is_quiet(const struct ffisan_state *state)
{
    struct ffisan_luatop here;
    return state->lines.collected.thread && ffisan_luastack_top(&state->vm, &here) &&
           (here.pc || ffisan_luastack_caller(&here, &here)) && is_quiet(state, &here);
}

static void collect(struct ffisan_state *state, lua_State *L, bool is_hook)
{
    state->lines.n_collections++;
    ffisan_deadslots_clear(state, is_hook);
    state->lines.is_collecting = true;
    state->api->lua_gc(L, LUA_GCCOLLECT, 0);
    state->lines.is_collecting = false;
}

static void on_line_of_window(struct ffisan_state *state, lua_State *L)
{
    struct ffisan_lines *lines = &state->lines;
    struct ffisan_luatop here;
    uint32_t visits = count_visit(state, ffisan_luacall_pc(&state->vm));
    bool is_new = visits > 0 && visits <= VISITS_PER_LINE;
    bool is_known = ffisan_luastack_top(&state->vm, &here);
    bool was_quiet = is_known && is_quiet(state, &here);
    lines->n_boring = is_new ? 0 : lines->n_boring + 1;
    if (lines->n_boring >= BORING_LINES)
        state->api->lua_sethook(L, NULL, 0, 0);
    bool is_collected = is_new && !was_quiet && ffisan_schedule_may_collect(state);
    if (is_collected)
        collect(state, L, true);
    if ((is_collected || was_quiet) && is_known)
        lines->collected = here;
    else
        lines->collected.thread = NULL;
}

static void on_line(lua_State *L, struct lua_Debug *activation)
{
    int saved_errno = errno;
    struct ffisan_state *state = ffisan_state_find(L);
    (void)activation;
    if (!state || state->is_closing)
        return;
    state->lines.n_lines++;
    state->lines.is_collecting = false; /* an error in a finaliser may have left the last one */
    if (state->schedule.gc == FFISAN_GC_AUTO)
        on_line_of_window(state, L);
    else if (ffisan_schedule_may_collect(state))
        collect(state, L, true);
    errno = saved_errno;
}

/* What shows the line of "return ffi.string(p)" lies above the stack, which a collection clears. */
static bool is_tail_call(const struct ffisan_state *state)
{
    struct ffisan_luatop top;
    struct ffisan_tailcalls calls = {.n = 0};
    if (ffisan_luastack_top(&state->vm, &top))
        ffisan_tailcalls_find(&top, &calls);
    return calls.n > 0;
}

/* The first use of the ffi by some code: what it uses may have been lost a moment ago. */
static void on_place(lua_State *L)
{
    int saved_errno = errno;
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state || state->is_closing || state->schedule.gc != FFISAN_GC_AUTO ||
        ffisan_lines_is_quiet(state) || is_tail_call(state) || !ffisan_schedule_may_collect(state))
        return;
    collect(state, L, false);
    state->lines.collected.thread = NULL;
    errno = saved_errno;
}

void ffisan_lines_watch(void)
{
    ffisan_builtins_watch_places(on_place);
}

uint64_t ffisan_lines_count(const struct ffisan_state *state)
{
    return state->api->lua_gethook(state->L) == on_line ? state->lines.n_lines : 0;
}

/* debug.gethook, when it is the program that asks: the window is over, there is no hook. */
static int gethook(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state)
        return 0;
    if (state->api->lua_gethook(L) == on_line)
        state->api->lua_sethook(L, NULL, 0, 0);
    return ((lua_CFunction)state->lines.gethook)(L);
}

/* collectgarbage, when a forced cycle is pending: the program sees its own step multiplier. */
static int collectgarbage(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state)
        return 0;
    bool is_hiding = ffisan_schedule_hide_begin(state);
    int n_results = ((lua_CFunction)state->lines.collectgarbage)(L);
    if (is_hiding)
        ffisan_schedule_hide_end(state);
    return n_results;
}

/* Puts our function into the built-in one of that name; returns what was there, NULL = no such. */
static void *replace(const struct ffisan_api *api, lua_State *L, const char *library,
                     const char *name, lua_CFunction ours)
{
    void *old = NULL;
    int top = api->lua_gettop(L);
    api->lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    if (api->lua_type(L, -1) == LUA_TTABLE) {
        api->lua_pushstring(L, library);
        api->lua_rawget(L, -2);
        if (api->lua_type(L, -1) == LUA_TTABLE) {
            api->lua_pushstring(L, name);
            api->lua_rawget(L, -2);
        }
        if (api->lua_type(L, -1) == LUA_TFUNCTION) {
            struct lj_func *function = (struct lj_func *)(uintptr_t)api->lua_topointer(L, -1);
            if (function->ffid != 0) {
                old = (void *)function->u.c.f;
                function->u.c.f = (uint64_t)ours;
            }
        }
    }
    api->lua_settop(L, top);
    return old;
}

void ffisan_lines_hide(struct ffisan_state *state, lua_State *L)
{
    struct ffisan_lines *lines = &state->lines;
    bool is_auto = state->schedule.gc == FFISAN_GC_AUTO;
    bool is_forcing = is_auto || state->schedule.gc == FFISAN_GC_ALLOC;
    bool is_done = (lines->is_hidden || !is_auto) && (lines->collectgarbage || !is_forcing);
    if (is_done || !state->api->lua_checkstack(L, 4))
        return;
    if (is_forcing && !lines->collectgarbage)
        lines->collectgarbage = replace(state->api, L, "_G", "collectgarbage", collectgarbage);
    if (is_auto && !lines->is_hidden)
        lines->gethook = replace(state->api, L, "debug", "gethook", gethook);
    lines->is_hidden = is_auto && lines->gethook;
}

void ffisan_lines_start(struct ffisan_state *state)
{
    const struct ffisan_api *api = state->api;
    if (!api->lua_gethook(state->L))
        api->lua_sethook(state->L, on_line, LUA_MASKLINE, 0);
    api->luaJIT_setmode(state->L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
}

void ffisan_lines_open(struct ffisan_state *state)
{
    const struct ffisan_api *api = state->api;
    state->lines.n_boring = 0;
    if (state->lines.is_hidden && !api->lua_gethook(state->L))
        api->lua_sethook(state->L, on_line, LUA_MASKLINE, 0);
}
