-- SPDX-License-Identifier: MIT
-- qsort calls back, Lua allocates, and finalizers free and close in the same libc
local ffi = require("ffi")
ffi.cdef [[
typedef int (*order)(const int *a, const int *b);
void qsort(int *base, size_t n, size_t size, order compare);
void *malloc(size_t size);
void *memset(void *p, int c, size_t n);
void free(void *p);
]]
local C = ffi.C

local notes = {}
local function scratch(size)
    return ffi.gc(C.malloc(size), function(p)
        C.memset(p, 0, size)
        C.free(p)
    end)
end

local compare = ffi.cast("order", function(a, b)
    local note = scratch(24)
    notes[#notes % 10 + 1] = { a[0] .. " and " .. b[0], { note ~= nil } }
    return a[0] - b[0]
end)

local sum = 0
for round = 1, 30 do
    local array = ffi.new("int[20]")
    for i = 0, 19 do array[i] = (i * 37 + round) % 100 end
    C.qsort(array, 20, 4, compare)
    for i = 1, 19 do assert(array[i - 1] <= array[i]) end
    sum = sum + array[0]
end
print(sum, #notes)
