-- SPDX-License-Identifier: MIT
-- base64: each call encodes into a buffer of C, which its finalizer is to free
local ffi = require("ffi")
local bit = require("bit")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function new_buffer(size)
    local buffer = C.malloc(size)
    assert(buffer ~= nil, "out of memory")
    return ffi.gc(buffer, function(p)
        C.free(p)
    end)
end

local function encode(text)
    local size = math.ceil(#text / 3) * 4
    local buffer = new_buffer(size)
    local out = ffi.cast("uint8_t *", buffer)
    for i = 1, #text, 3 do
        local a, b, c = text:byte(i, i + 2)
        local word = bit.bor(bit.lshift(a, 16), bit.lshift(b or 0, 8), c or 0)
        local at = (i - 1) / 3 * 4
        for k = 0, 3 do
            local digit = bit.band(bit.rshift(word, 18 - 6 * k), 63)
            out[at + k] = alphabet:byte(digit + 1)
        end
        if not c then out[at + 3] = 61 end
        if not b then out[at + 2] = 61 end
    end
    return ffi.string(buffer, size)
end

for n = 1, 20 do print(encode(("line %d of the text"):format(n))) end
