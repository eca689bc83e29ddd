-- SPDX-License-Identifier: MIT
-- registry: names in a binary tree of libc, compared by a callback that the tree needs for life
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef int (*registry_compare_t)(const int *a, const int *b);
void *tsearch(const int *key, void **root, registry_compare_t compare);
void *tfind(const int *key, void *const *root, registry_compare_t compare);
]]

local Registry = {}
Registry.__index = Registry

function Registry.new()
    return setmetatable({ root = ffi.new("void *[1]"), keys = {} }, Registry)
end

local function with_compare(body)
    local compare = ffi.cast("registry_compare_t", function(a, b) return a[0] - b[0] end)
    local results = { pcall(body, compare) }
    compare:free()
    return unpack(results, 2)
end

function Registry:fill(numbers)
    with_compare(function(compare)
        self.compare = compare
        for _, number in ipairs(numbers) do
            local key = ffi.new("int[1]", number)
            self.keys[#self.keys + 1] = key
            C.tsearch(key, self.root, compare)
        end
    end)
end

function Registry:has(number)
    return with_compare(function(compare)
        return C.tfind(ffi.new("int[1]", number), self.root, compare) ~= nil
    end)
end

local registry = Registry.new()
registry:fill({ 50, 20, 70, 10, 30 })
local ok, found = pcall(function() return (registry:has(30)) end)
print("has 30", ok and found)
