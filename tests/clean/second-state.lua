-- SPDX-License-Identifier: MIT
-- A second Lua state inside the first, through the C API.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct lua_State lua_State;
lua_State *luaL_newstate(void);
void luaL_openlibs(lua_State *L);
int luaL_loadstring(lua_State *L, const char *s);
int lua_pcall(lua_State *L, int n_args, int n_results, int handler);
const char *lua_tolstring(lua_State *L, int index, size_t *size);
void lua_settop(lua_State *L, int index);
void lua_close(lua_State *L);
]]

local function evaluate(L, code)
    assert(C.luaL_loadstring(L, code) == 0)
    C.lua_pcall(L, 0, 1, 0)
    local text = ffi.string(C.lua_tolstring(L, -1, nil))
    C.lua_settop(L, 0)
    return text
end

for round = 1, 3 do
    local L = C.luaL_newstate()
    C.luaL_openlibs(L)
    print(evaluate(L, [[
        local ffi, t = require("ffi"), {}
        for i = 1, 500 do t[i % 50 + 1] = ffi.new("int[?]", 4, i) end
        local sum = 0
        for i = 1, 50 do sum = sum + t[i][3] + t[i][0] end
        return #t .. " " .. sum
    ]]), evaluate(L, "error('inside', 0)"), evaluate(L, "collectgarbage() return 'done'"))
    C.lua_close(L)
end
