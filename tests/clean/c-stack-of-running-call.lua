-- SPDX-License-Identifier: MIT
-- A callback gets pointers into the stack of the C function that is running.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *bsearch(const void *key, const void *base, size_t n, size_t size,
              int (*compare)(const int *, const int *));
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *, const int *));
]]

local compares = 0
local compare = ffi.cast("int (*)(const int *, const int *)", function(a, b)
    compares = compares + 1
    local pair = { a[0], b[0], tostring(compares) }
    return pair[1] - pair[2]
end)

local numbers = ffi.new("int[50]")
for i = 0, 49 do numbers[i] = (i * 37) % 101 end
C.qsort(numbers, 50, 4, compare)
local key = ffi.new("int[1]", numbers[20])
local hit = ffi.cast("int *", C.bsearch(key, numbers, 50, 4, compare))
print(hit - numbers, hit[0] == key[0], numbers[0], numbers[49], compares > 50)
compare:free()
