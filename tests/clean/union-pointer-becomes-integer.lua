-- SPDX-License-Identifier: MIT
-- A union that held a pointer to something long dead holds a number when it is read.
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int tag; union { void *p; int64_t i; double d; }; } value_t; ]]

local values = ffi.new("value_t[8]")
for i = 0, 7 do
    values[i].tag, values[i].p = 1, ffi.new("int[2]")
end
local filler = {}
for i = 1, 20 do filler[i] = { i } end
for i = 0, 7 do
    values[i].tag, values[i].i = 2, i * 3
end
local sum = 0
for i = 0, 7 do sum = sum + tonumber(values[i].i) end
print(sum)
