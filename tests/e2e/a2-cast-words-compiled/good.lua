-- SPDX-License-Identifier: MIT
-- sums: a checksum over 32 bit words of a byte buffer; the loop runs compiled
local ffi = require("ffi")
local bit = require("bit")

local Sum = {}
Sum.__index = Sum

function Sum.new(text, size)
    local bytes = ffi.new("uint8_t[?]", size)
    for at = 0, size - #text, #text do ffi.copy(bytes + at, text, #text) end
    return setmetatable({
        n = size / 4,
        words = ffi.cast("const uint32_t *", bytes),
        bytes = bytes,
    }, Sum)
end

function Sum:value()
    local a, b = 1, 0
    for i = 0, self.n - 1 do
        a = bit.bxor(bit.rol(a, 5), self.words[i])
        b = bit.tobit(b + a)
    end
    return bit.tohex(a) .. bit.tohex(b)
end

local sums = {}
for i, text in ipairs({ "0123456789abcdef", "the quick brown ", "lazy dogs sleep!" }) do
    sums[i] = Sum.new(text, 4096)
end
for _, sum in ipairs(sums) do print(sum:value(), sum:value()) end
