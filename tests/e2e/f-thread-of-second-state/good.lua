-- SPDX-License-Identifier: MIT
-- sandbox: a second Lua state, driven through its C API; threads are popped as soon as they were made
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct lua_State lua_State; lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *); void lua_close(lua_State *);
lua_State *lua_newthread(lua_State *); void lua_settop(lua_State *, int); int luaL_loadstring(lua_State *, const char *);
int lua_pcall(lua_State *, int, int, int); int lua_resume(lua_State *, int); int lua_status(lua_State *); int lua_gettop(lua_State *);
double lua_tonumber(lua_State *, int); int luaL_ref(lua_State *, int); void lua_xmove(lua_State *, lua_State *, int);
]]
local Box = {}
Box.__index = Box
function Box.new()
  local L = C.luaL_newstate()
  C.luaL_openlibs(L)
  return setmetatable({ L = L }, Box)
end
function Box:run(code) assert(C.luaL_loadstring(self.L, code) == 0); assert(C.lua_pcall(self.L, 0, 0, 0) == 0) end
function Box:spawn(code)
  local t = C.lua_newthread(self.L)
  C.luaL_ref(self.L, -10000)
  assert(C.luaL_loadstring(t, code) == 0)
  C.lua_resume(t, 0)
  return t
end
function Box:resume(t)
  local rc = C.lua_resume(t, 0)
  return rc, C.lua_tonumber(t, -1)
end
local box = Box.new()
local t = box:spawn("local n = 0 while true do n = n + 1 coroutine.yield(n) end")
box:run("local t = {} for i = 1, 20000 do t[i % 100] = { i, 'x' .. i } end")
print(box:resume(t))
print(box:resume(t))
C.lua_close(box.L)
