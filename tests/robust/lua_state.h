/* SPDX-License-Identifier: MIT */
/** A LuaJIT state and code to run in it, for the programs that strain who watches them. */
#ifndef FFISAN_TESTS_ROBUST_LUA_STATE_H
#define FFISAN_TESTS_ROBUST_LUA_STATE_H

#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lua.h>
#include <luajit-2.1/lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Runs code that returns a number; says so and returns -1 when it fails. */
static inline long run(lua_State *L, const char *code)
{
    long result = -1;

    if (luaL_loadbuffer(L, code, strlen(code), "=work") == 0 && lua_pcall(L, 0, 1, 0) == 0)
        result = (long)lua_tonumber(L, -1);
    else
        printf("failed: %s\n", lua_tostring(L, -1));
    lua_settop(L, 0);
    return result;
}

/** A state with the libraries; ends the program without one. */
static inline lua_State *open_state(void)
{
    lua_State *L = luaL_newstate();

    if (!L) {
        printf("no state\n");
        exit(1);
    }
    luaL_openlibs(L);
    return L;
}

#endif
