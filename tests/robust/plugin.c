/* SPDX-License-Identifier: MIT */
/* A plugin that brings LuaJIT with it: robust_host loads and unloads it with RTLD_LOCAL. */
#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lualib.h>
#include <stdio.h>

int plugin_run(const char *code);

int plugin_run(const char *code)
{
    lua_State *L = luaL_newstate();
    int failed;

    if (!L) {
        puts("no state");
        return 1;
    }
    luaL_openlibs(L);
    failed = luaL_dostring(L, code);
    if (failed)
        puts(lua_tostring(L, -1));
    lua_close(L);
    return failed;
}
