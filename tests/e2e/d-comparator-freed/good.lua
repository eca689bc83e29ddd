-- SPDX-License-Identifier: MIT
-- catalog: a sorted array of prices, searched by C's bsearch with a comparator in Lua
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef int (*catalog_compare_t)(const int *a, const int *b);
void qsort(void *base, size_t n, size_t size, catalog_compare_t compare);
int *bsearch(const int *key, const void *base, size_t n, size_t size, catalog_compare_t compare);
]]

local Catalog = {}
Catalog.__index = Catalog

local function ascending(a, b) return a[0] - b[0] end

function Catalog.new(prices)
    local self = setmetatable({ n = #prices, prices = ffi.new("int[?]", #prices, prices) }, Catalog)
    self.compare = ffi.cast("catalog_compare_t", ascending)
    C.qsort(self.prices, self.n, ffi.sizeof("int"), self.compare)
    return self
end

function Catalog:has(price)
    local key = ffi.new("int[1]", price)
    return C.bsearch(key, self.prices, self.n, ffi.sizeof("int"), self.compare) ~= nil
end

local function report(catalog, wanted)
    local ok, found = pcall(catalog.has, catalog, wanted)
    print(wanted, ok and found)
end

local catalog = Catalog.new({ 40, 7, 99, 12, 63 })
report(catalog, 12)
report(catalog, 13)
