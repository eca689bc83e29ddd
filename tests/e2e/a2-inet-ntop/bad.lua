-- SPDX-License-Identifier: MIT
-- peers: printable addresses by inet_ntop(3), which returns its own argument
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
const char *inet_ntop(int family, const void *address, char *out, unsigned size);
int snprintf(char *out, size_t size, const char *format, ...);
]]

local AF_INET, TEXT_BYTES = 2, 46

local function printable(octets)
    local address = ffi.new("uint8_t[4]", octets)
    local out = ffi.new("char[46]")
    local text = C.inet_ntop(AF_INET, address, out, TEXT_BYTES)
    return text
end

local Peer = {}
Peer.__index = Peer

function Peer.new(octets, port)
    return setmetatable({ host = printable(octets), port = port }, Peer)
end

function Peer:name()
    local line = ffi.new("char[80]")
    C.snprintf(line, 80, "tcp://%s:%d", self.host, ffi.cast("int", self.port))
    return ffi.string(line)
end

local peers = {}
for i = 1, 3 do peers[i] = Peer.new({ 192, 0, 2, i * 10 }, 5000 + i) end
for _, peer in ipairs(peers) do print(peer:name()) end
