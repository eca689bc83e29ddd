-- SPDX-License-Identifier: MIT
-- Structs whose pointers may be stale are compared byte by byte.
local ffi = require("ffi")
ffi.cdef[[
typedef struct { const void *place; int key; } entry_t;
int memcmp(const void *, const void *, size_t);
]]

local places = {}
local function entry(key)
    local place = ffi.new("char[8]")
    places[#places + 1] = place
    return ffi.new("entry_t", place, key)
end
local function is_same(a, b) return ffi.C.memcmp(a, b, ffi.sizeof("entry_t")) == 0 end

local a, b = entry(1), entry(1)
local copy = ffi.new("entry_t", a)
print(is_same(a, copy), is_same(a, b))
places = nil
local other = {}
for i = 1, 30 do other[i] = { i } end
print(is_same(a, copy), is_same(a, b))
