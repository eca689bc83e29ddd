/* SPDX-License-Identifier: MIT */
/*
 * Programs that contain LuaJIT but export its API, such as the luajit command: `ffisan run` has
 * LUA_INIT load this library as a module, and its one function takes over the running state.
 */
#include "base/export.h"
#include "runtime/entry/boot.h"
#include "runtime/entry/hide.h"
#include "runtime/ffi/builtins.h"

#include <string.h>

static void take_over(const struct ffisan_luajit *luajit, lua_State *L)
{
    const struct ffisan_api *api = &luajit->api;
    struct ffisan_state *state = luajit->problem ? NULL : ffisan_state_new(api, &luajit->layout);
    if (!state)
        return;
    uintptr_t g = *(const uintptr_t *)((uintptr_t)L + 16);
    lua_State *main_thread = *(lua_State *const *)(g + luajit->layout.mainthref);
    state->old_allocf = api->lua_getallocf(L, &state->old_ud);
    api->lua_setallocf(L, ffisan_state_allocf, state);
    ffisan_state_attach(state, main_thread);
    ffisan_boot_attached(luajit, "LUA_INIT");
    ffisan_builtins_opened(state);
}

/*
 * Leaves the user's own LUA_INIT as a function on the stack (luajit.c, handle_luainit).  Our Lua
 * code calls it in tail position, so that an error in it has the traceback that it always had.
 */
static int load_users_init(const struct ffisan_api *api, lua_State *L)
{
    const char *init = ffisan_hidden_getenv("FFISAN_LUA_INIT");
    if (!init)
        return 0;
    int failed = init[0] == '@' ? api->luaL_loadfile(L, init + 1)
                                : api->luaL_loadbuffer(L, init, strlen(init), "=LUA_INIT");
    if (failed)
        api->lua_error(L);
    return 1;
}

FFISAN_EXPORT int ffisan_luainit(lua_State *L)
{
    const struct ffisan_luajit *luajit = ffisan_boot(__builtin_return_address(0));
    if (!luajit)
        return 0;
    if (!ffisan_state_find(L))
        take_over(luajit, L);
    return load_users_init(&luajit->api, L);
}
