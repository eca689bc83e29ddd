-- SPDX-License-Identifier: MIT
-- metamethods end in constructors and in format
local ffi = require("ffi")
ffi.cdef[[ typedef struct vec { double x, y; } vec; size_t strlen(const char *); ]]
local vec
local mt = { __add = function(a, b) return vec(a.x + b.x, a.y + b.y) end,
  __tostring = function(v) return ("(%g, %g)"):format(v.x, v.y) end,
  __index = { len = function(v) return math.sqrt(v.x * v.x + v.y * v.y) end, copy = function(v) return vec(v) end } }
vec = ffi.metatype("vec", mt)
local acc = vec(0, 0)
for i = 1, 300 do acc = acc + vec(i, 1 / i) end
print(acc, acc:copy():len() > 1, tonumber(ffi.C.strlen(tostring(acc))))
