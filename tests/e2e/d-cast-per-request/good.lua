-- SPDX-License-Identifier: MIT
-- search: each request makes a comparator for bsearch(3), and frees it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef int (*compare_fn)(const int *key, const int *element);
void *bsearch(const void *key, const void *base, size_t n, size_t size, compare_fn compare);
]]

local search = {}

function search.index(values, n, wanted)
    local n_compared = 0
    local compare = ffi.cast("compare_fn", function(key, element)
        n_compared = n_compared + 1
        return key[0] - element[0]
    end)
    local found = C.bsearch(ffi.new("int[1]", wanted), values, n, 4, compare)
    compare:free()
    if found == nil then return nil, n_compared end
    return tonumber(ffi.cast("int *", found) - values), n_compared
end

local values = ffi.new("int[100]")
for i = 0, 99 do values[i] = i * 3 end
local n_found, n_compared = 0, 0
for request = 1, 120 do
    local index, n = search.index(values, 100, request * 2)
    n_found = n_found + (index and 1 or 0)
    n_compared = n_compared + n
end
print(n_found, n_compared)
