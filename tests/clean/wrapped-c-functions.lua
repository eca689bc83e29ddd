-- SPDX-License-Identifier: MIT
-- a program that wraps the C functions of a state sees its own ones, and nobody else's
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[
typedef struct lua_State lua_State;
typedef int (*lua_CFunction)(lua_State *);
typedef int (*wrapper_t)(lua_State *, lua_CFunction);
lua_State *luaL_newstate(void);
void luaL_openlibs(lua_State *);
void lua_close(lua_State *);
int luaL_loadstring(lua_State *, const char *);
int lua_pcall(lua_State *, int, int, int);
void lua_pushlightuserdata(lua_State *, void *);
void lua_pushcclosure(lua_State *, lua_CFunction, int);
void lua_setfield(lua_State *, int, const char *);
void lua_settop(lua_State *, int);
int luaJIT_setmode(lua_State *, int, int);
]]
local GLOBALSINDEX, WRAP_C_FUNCTIONS, ON = -10002, 0x10, 0x100

local calls = { wrapped = 0, own = 0 }
local wrapper = ffi.cast("wrapper_t", function(L, f)
    calls.wrapped = calls.wrapped + 1
    return f(L)
end)
local own = ffi.cast("lua_CFunction", function()
    calls.own = calls.own + 1
    return 0
end)

local function run(L, code)
    assert(C.luaL_loadstring(L, code) == 0)
    assert(C.lua_pcall(L, 0, 0, 0) == 0)
end

local function program(code)
    local L = C.luaL_newstate()
    C.luaL_openlibs(L)
    C.lua_pushcclosure(L, own, 0)
    C.lua_setfield(L, GLOBALSINDEX, "own")
    C.lua_pushlightuserdata(L, ffi.cast("void *", wrapper))
    assert(C.luaJIT_setmode(L, -1, WRAP_C_FUNCTIONS + ON) == 1)
    C.lua_settop(L, -2)
    run(L, code)
    C.lua_close(L)
    print(calls.wrapped, calls.own)
end

program("own()")
program("for i = 1, 3 do own() end")
program("for i = 1, 2000 do local t = { tostring(i) } if i % 500 == 0 then collectgarbage() end end")
program("local p = newproxy(true) getmetatable(p).__gc = function() own() end p = nil collectgarbage()")
program("getmetatable(newproxy(true)).__gc = own")
