-- SPDX-License-Identifier: MIT
-- A view is shared by two structs; the second owner keeps the memory after the first is gone.
local ffi = require("ffi")

ffi.cdef[[ struct slice { const uint8_t *data; int size; }; ]]

local function make(n)
    local bytes = ffi.new("uint8_t[?]", n)
    for i = 0, n - 1 do bytes[i] = i * 7 % 256 end
    return { bytes = bytes, slice = ffi.new("struct slice", bytes, n) }
end

local function half(owner)
    local size = owner.slice.size / 2
    local slice = ffi.new("struct slice", owner.slice.data + size, size)
    return { slice = slice, keeps = owner.bytes }
end

local halves = {}
for i = 1, 10 do halves[i] = half(make(i * 16)) end

local sums = {}
for i, h in ipairs(halves) do
    local sum = 0
    for k = 0, h.slice.size - 1 do sum = sum + h.slice.data[k] end
    sums[i] = sum
end
print(table.concat(sums, " "))
