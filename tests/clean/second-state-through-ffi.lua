-- SPDX-License-Identifier: MIT
-- a second Lua state used through its C API, with values taken out as copies
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct lua_State lua_State; lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *); void lua_close(lua_State *);
void lua_settop(lua_State *, int); int luaL_loadstring(lua_State *, const char *); int lua_pcall(lua_State *, int, int, int);
void lua_getfield(lua_State *, int, const char *); const char *lua_tolstring(lua_State *, int, size_t *); int lua_gc(lua_State *, int, int);
]]
local function eval(L, code)
  local rc = C.luaL_loadstring(L, code)
  if rc == 0 then rc = C.lua_pcall(L, 0, 1, 0) end
  local n = ffi.new("size_t[1]")
  local p = C.lua_tolstring(L, -1, n)
  local s = p ~= nil and ffi.string(p, n[0]) or "?"
  C.lua_settop(L, 0)
  return rc, s
end
for i = 1, 3 do
  local L = C.luaL_newstate()
  C.luaL_openlibs(L)
  print(eval(L, "local t = {} for i = 1, 3000 do t[#t + 1] = 'x' .. i end return #table.concat(t)"))
  print(eval(L, "return tostring(jit ~= nil) .. " .. i))
  print((eval(L, "error('no')")))
  local ffi_ok = eval(L, "local ffi = require('ffi') local b = ffi.new('char[10]', 'abc') return ffi.string(b)")
  print(ffi_ok)
  C.lua_close(L)
end

-- what the allocator of a state is, and that a state can be left open
ffi.cdef [[ typedef void *(*lua_Alloc)(void *, void *, size_t, size_t); lua_Alloc lua_getallocf(lua_State *, void **ud); ]]
local left_open = C.luaL_newstate()
local ud = ffi.new("void *[1]")
print(C.lua_getallocf(left_open, ud) ~= nil)
print(eval(left_open, "return 'left open'"))
