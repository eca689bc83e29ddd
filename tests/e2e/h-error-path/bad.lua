-- SPDX-License-Identifier: MIT
-- decoder: a buffer is lost when the input is not valid
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local decoder = { failed = 0 }

local function digit(char)
    return tonumber(char, 16)
end

function decoder.sum(text)
    local n = math.floor(#text / 2)
    local bytes = ffi.cast("uint8_t *", C.malloc(n))
    for i = 0, n - 1 do
        local high, low = digit(text:sub(2 * i + 1, 2 * i + 1)), digit(text:sub(2 * i + 2, 2 * i + 2))
        if not high or not low then
            decoder.failed = decoder.failed + 1
            return nil, "not a digit at " .. i
        end
        bytes[i] = high * 16 + low
    end
    local sum = 0
    for i = 0, n - 1 do sum = sum + bytes[i] end
    C.free(bytes)
    return sum
end

local total = 0
for i = 1, 40 do
    local text = ("%02x"):rep(4):format(i, i * 3 % 256, i * 5 % 256, i * 7 % 256)
    if i % 5 == 0 then text = text .. "zz" end
    total = total + (decoder.sum(text) or 0)
end
print(total, decoder.failed)
