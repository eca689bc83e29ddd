-- SPDX-License-Identifier: MIT
-- states that are made through the C API and run on threads of their own, while this one runs too
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct lua_State lua_State; lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *); void lua_close(lua_State *);
int luaL_loadstring(lua_State *, const char *); int lua_pcall(lua_State *, int, int, int); double lua_tonumber(lua_State *, int); void lua_settop(lua_State *, int);
typedef void *(*thread_fn)(void *); int pthread_create(unsigned long *, void *, thread_fn, void *); int pthread_join(unsigned long, void **);
]]
local function spawn(seed)
  local L = C.luaL_newstate()
  C.luaL_openlibs(L)
  assert(C.luaL_loadstring(L, [[
    local ffi = require("ffi")
    result = 0
    local function work()
      local t = {}
      for i = 1, 6000 do t[i % 100] = { i, ffi.new("int[4]", i), "s" .. i } result = result + 1 end
      return nil
    end
    cb = ffi.cast("void *(*)(void *)", work)
    return tonumber(ffi.cast("intptr_t", cb))
  ]]) == 0)
  assert(C.lua_pcall(L, 0, 1, 0) == 0)
  local fn = ffi.cast("thread_fn", ffi.cast("intptr_t", C.lua_tonumber(L, -1)))
  C.lua_settop(L, 0)
  local t = ffi.new("unsigned long[1]")
  C.pthread_create(t, nil, fn, nil)
  return { L = L, t = t }
end
local ws = {}
for i = 1, 4 do ws[i] = spawn(i) end
local t = {}
for i = 1, 9000 do t[i % 100] = { i, ffi.new("int[4]", i), "m" .. i } end
for _, w in ipairs(ws) do
  C.pthread_join(w.t[0], nil)
  assert(C.luaL_loadstring(w.L, "return result") == 0)
  assert(C.lua_pcall(w.L, 0, 1, 0) == 0)
  print(C.lua_tonumber(w.L, -1))
  C.lua_close(w.L)
end
