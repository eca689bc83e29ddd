-- SPDX-License-Identifier: MIT
-- Integers that look like addresses: a table of 64 bit numbers taken from dead objects' addresses.
local ffi = require("ffi")

local seen = ffi.new("uintptr_t[64]")
local first = ffi.new("int64_t[1]")

local function remember(i)
    local thing = ffi.new("int[8]", i)
    seen[i] = ffi.cast("uintptr_t", thing)
    first[0] = first[0] + thing[0]
end

for i = 0, 63 do remember(i) end
local junk = {}
for i = 1, 2000 do junk[i % 50] = { tostring(i) } end

-- Arithmetic on the numbers is legal for ever, and must give what was stored.
local aligned, sane, copy = 0, 0, ffi.new("uintptr_t[64]")
ffi.copy(copy, seen, ffi.sizeof(seen))
for i = 0, 63 do
    if seen[i] % 8 == 0 then aligned = aligned + 1 end
    local fits = seen[i] > 4096 and seen[i] < 0x800000000000ULL
    if fits and seen[i] == copy[i] then sane = sane + 1 end
end
print(aligned, sane, tonumber(first[0]))
