-- SPDX-License-Identifier: MIT
-- report: sorts each page of results with an order of its own
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void qsort(void *base, size_t n, size_t size, int (*compare)(const double *a, const double *b));
]]

local order
local compare = ffi.cast("int (*)(const double *, const double *)", function(a, b)
    return order(a[0], b[0])
end)

local function sort(values, wanted_order)
    order = wanted_order
    local n = #values
    local array = ffi.new("double[?]", n, values)
    C.qsort(array, n, ffi.sizeof("double"), compare)
    return array
end

local function descending(a, b) return a > b and -1 or 1 end

local function pages(n)
    local sum = 0
    for page = 1, n do
        local sorted = sort({ page, page % 7, page % 3 }, descending)
        sum = sum + sorted[0]
    end
    return sum
end

print("largest values add up to", pages(1000))
