-- SPDX-License-Identifier: MIT
-- words: the bytes of a number by way of a union's array member
local ffi = require("ffi")

ffi.cdef[[ union word { uint32_t number; uint8_t bytes[4]; }; ]]

local words = {}

function words.bytes(number)
    local word = ffi.new("union word")
    word.number = number
    return word.bytes, word
end

local function address(number)
    local bytes, word = words.bytes(number)
    local octets = {}
    for i = 3, 0, -1 do octets[#octets + 1] = ("%d"):format(bytes[i]) end
    assert(word.number == number)
    return table.concat(octets, ".")
end

for i = 0, 3 do print(address(0xC0000200 + i * 257)) end
