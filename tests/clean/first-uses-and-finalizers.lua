-- SPDX-License-Identifier: MIT
-- Objects with finalizers, and code that uses the ffi for the first time at many places.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ typedef struct res { int id; int open; } res; int abs(int); size_t strlen(const char *); ]]
local opened, closed = 0, 0
local Res = ffi.metatype("res", { __gc = function(r) if r.open == 1 then closed = closed + 1 end end })
local function open(id) opened = opened + 1 return Res(id, 1) end
local function use(r) return C.abs(r.id) end
local keep = {}
for i = 1, 20 do keep[i] = open(-i) end
local s = 0
for i = 1, 20 do s = s + use(keep[i]) end
s = s + tonumber(C.strlen("constant"))
local last = keep[20]
keep = nil
s = s + last.id
print(s, opened, closed <= opened)
