-- SPDX-License-Identifier: MIT
-- keys: each begins as a copy of a string, and its NUL does not fit
local ffi = require("ffi")

local Key = {}
Key.__index = Key

function Key.new(text)
    local bytes = ffi.new("uint8_t[?]", #text, text)
    return setmetatable({ bytes = bytes, n = #text }, Key)
end

function Key:sum()
    local sum = 0
    for i = 0, self.n - 1 do sum = (sum * 31 + self.bytes[i]) % 65521 end
    return sum
end

local function key_of(user, number)
    return Key.new(("%s/%04d"):format(user, number))
end

print(key_of("anna", 17):sum() == key_of("anna", 17):sum())
