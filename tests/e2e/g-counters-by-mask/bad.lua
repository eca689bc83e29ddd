-- SPDX-License-Identifier: MIT
-- counters: one for each kind of packet, found by 64-bit arithmetic
local ffi = require("ffi")

local counters = ffi.new("uint32_t[16]")
local MASK = 0x1fLL

local function count(header)
    local kind = bit.band(bit.rshift(header, 8), MASK)
    counters[kind] = counters[kind] + 1
end

for i = 1, 30 do count(ffi.cast("int64_t", i * 0x700)) end
print(counters[7] > 0)
