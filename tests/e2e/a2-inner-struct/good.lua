-- SPDX-License-Identifier: MIT
-- packet: decodes packets and keeps only their headers
local ffi = require("ffi")

ffi.cdef[[
struct head { uint8_t version, kind; uint16_t size; };
struct packet { uint32_t magic; struct head head; uint8_t body[24]; };
]]

local packet = {}

function packet.decode(bytes)
    local p = ffi.new("struct packet")
    ffi.copy(p, bytes, math.min(#bytes, ffi.sizeof(p)))
    return p
end

function packet.heads(stream)
    local heads = {}
    for _, bytes in ipairs(stream) do
        local p = packet.decode(bytes)
        if p.magic == 0x21534946 then
            heads[#heads + 1] = ffi.new("struct head", p.head)
        end
    end
    return heads
end

local function summary(heads)
    local lines = {}
    for i, head in ipairs(heads) do
        lines[i] = ("v%d kind %d, %d bytes"):format(head.version, head.kind, head.size)
    end
    return table.concat(lines, "\n")
end

local stream = {}
for i = 1, 5 do
    stream[i] = "FIS!" .. string.char(1, i, i * 4, 0) .. ("x"):rep(i * 4)
end
stream[3] = "junk" .. stream[3]
print(summary(packet.heads(stream)))
