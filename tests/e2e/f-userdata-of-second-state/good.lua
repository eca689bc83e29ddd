-- SPDX-License-Identifier: MIT
-- shared counters: memory of a userdata in a second state is used as a struct here
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct lua_State lua_State; lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *); void lua_close(lua_State *);
void lua_settop(lua_State *, int); int luaL_loadstring(lua_State *, const char *); int lua_pcall(lua_State *, int, int, int);
void *lua_newuserdata(lua_State *, size_t); void lua_setfield(lua_State *, int, const char *); 
typedef struct stats { int64_t n; int64_t sum; } stats;
]]
local L = C.luaL_newstate()
C.luaL_openlibs(L)
local Stats = {}
Stats.__index = Stats
function Stats.new(name)
  local p = ffi.cast("stats *", C.lua_newuserdata(L, ffi.sizeof("stats")))
  p.n, p.sum = 0, 0
  C.lua_setfield(L, -10000, name)
  return setmetatable({ p = p }, Stats)
end
function Stats:add(v) self.p.n = self.p.n + 1; self.p.sum = self.p.sum + v end
local function run(code) assert(C.luaL_loadstring(L, code) == 0); assert(C.lua_pcall(L, 0, 0, 0) == 0) end
local s = Stats.new("requests")
for i = 1, 10 do
  run("local t = {} for i = 1, 3000 do t[i % 50] = { i, 'x' .. i } end")
  s:add(i)
end
print(tonumber(s.p.n), tonumber(s.p.sum))
C.lua_close(L)
