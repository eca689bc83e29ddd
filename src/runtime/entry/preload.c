/* SPDX-License-Identifier: MIT */
/*
 * Programs that link libluajit dynamically find these before the library's own.
 */
#include "base/export.h"
#include "runtime/audit/audit.h"
#include "runtime/cycle/cycle.h"
#include "runtime/entry/boot.h"

#include <dlfcn.h>
#include <stdio.h>

/* What the luaL_newstate of every Lua 5.1 does when an error finds no handler. */
static int panic(lua_State *L)
{
    const struct ffisan_state *state = ffisan_state_find(L);
    size_t size;
    const char *message = state ? state->api->lua_tolstring(L, -1, &size) : NULL;
    fprintf(stderr, "PANIC: unprotected error in call to Lua API (%s)\n", message ? message : "?");
    fflush(stderr);
    return 0;
}

/* The definition that would have been called without us. */
static void *next(const char *name, const struct ffisan_luajit *luajit)
{
    void *function = dlsym(RTLD_NEXT, name);
    (void)luajit;
    return function;
}

FFISAN_EXPORT lua_State *luaL_newstate(void)
{
    const struct ffisan_luajit *luajit = ffisan_boot(NULL);
    if (!luajit) {
        lua_State *(*real)(void) = (lua_State * (*)(void)) next("luaL_newstate", luajit);
        return real ? real() : NULL;
    }
    struct ffisan_state *state =
        luajit->problem ? NULL : ffisan_state_new(&luajit->api, &luajit->layout);
    if (!state)
        return luajit->api.luaL_newstate();
    lua_State *L = luajit->api.lua_newstate(ffisan_state_allocf, state);
    if (!L) {
        ffisan_state_free(state);
        return luajit->api.luaL_newstate();
    }
    ffisan_state_attach(state, L);
    luajit->api.lua_atpanic(L, panic);
    ffisan_boot_attached(luajit, "luaL_newstate");
    return L;
}

FFISAN_EXPORT void lua_close(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state) {
        void (*real)(lua_State *) = (void (*)(lua_State *))next("lua_close", NULL);
        const struct ffisan_luajit *luajit = real ? NULL : ffisan_boot(NULL);
        if (luajit)
            real = luajit->api.lua_close;
        if (real)
            real(L);
        return;
    }
    const struct ffisan_api *api = state->api;
    ffisan_cycle_finish(state);
    api->lua_close(L); /* the last block that it frees ends the state */
}
