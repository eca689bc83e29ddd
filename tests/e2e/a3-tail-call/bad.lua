-- SPDX-License-Identifier: MIT
-- spans: the last reference to the bytes is a local of a frame that a tail call replaces
local ffi = require("ffi")

ffi.cdef[[ struct span { const uint8_t *data; unsigned size; }; ]]

local function fold(span, title)
    local sum, seen = 0, {}
    for i = 0, span.size - 1 do
        sum = (sum * 33 + span.data[i]) % 65521
        seen[i % 4] = { i }
    end
    return title .. " = " .. sum
end

local function digest(text)
    local bytes = ffi.new("uint8_t[?]", #text)
    ffi.copy(bytes, text, #text)
    local span = ffi.new("struct span", bytes, #text)
    return fold(span, "digest of " .. #text .. " bytes")
end

for i = 1, 3 do print((digest(("block %d "):format(i):rep(12)))) end
