-- SPDX-License-Identifier: MIT
-- a hash of records: four bytes at a time, and the last word is taken whole although the record
-- ends in it
local ffi = require("ffi")
local bit = require("bit")

ffi.cdef [[ typedef struct { uint8_t kind; uint16_t port; uint8_t flags[3]; } __attribute__((packed)) flow_t; ]]
local words = ffi.typeof("const uint32_t *")
local bytes = ffi.typeof("const uint8_t *")

local function mix(hash, word)
    return bit.bxor(bit.rol(hash, 13), bit.tobit(word)) + 0x5bd1
end

local function last_word(data, size)
    local word = 0
    for i = 0, size % 4 - 1 do word = bit.bor(word, bit.lshift(data[size - size % 4 + i], 8 * i)) end
    return word
end

local function hash(record, size)
    local data, sum = ffi.cast(bytes, record), 0
    for i = 0, math.floor(size / 4) - 1 do
        sum = mix(sum, ffi.cast(words, data)[i])
    end
    if size % 4 > 0 then
        sum = mix(sum, last_word(data, size))
    end
    return bit.tohex(sum)
end

local function flow(kind, port)
    local record = ffi.new("flow_t")
    record.kind, record.port = kind, port
    return record
end

for _, port in ipairs({ 53, 80, 443 }) do
    local record = flow(6, port)
    print(port, hash(record, ffi.sizeof(record)))
end
