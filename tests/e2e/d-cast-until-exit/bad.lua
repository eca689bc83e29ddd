-- SPDX-License-Identifier: MIT
-- ranking: a comparator for each list, none is freed, and the program ends by exit
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef int (*compare_t)(const int *a, const int *b);
void qsort(void *base, size_t n, size_t size, compare_t compare);
]]

local function rank(list, weight)
    local values = ffi.new("int[?]", #list, list)
    local compare = ffi.cast("compare_t", function(a, b)
        return (a[0] - b[0]) * weight
    end)
    C.qsort(values, #list, ffi.sizeof("int"), compare)
    return values[0]
end

local function main()
    local best = 0
    for i = 1, 48 do best = best + rank({ 5, i % 7, 3 }, i % 2 == 0 and 1 or -1) end
    print(best)
end

main()
os.exit(0)
