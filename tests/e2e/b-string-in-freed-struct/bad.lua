-- SPDX-License-Identifier: MIT
-- accounts: the longest host name that getaddrinfo(3) knows for a list of names
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct addrinfo {
    int ai_flags, ai_family, ai_socktype, ai_protocol; uint32_t ai_addrlen;
    struct sockaddr *ai_addr; char *ai_canonname; struct addrinfo *ai_next;
};
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res);
void freeaddrinfo(struct addrinfo *res);
]]

local resolver = {}
local hints = ffi.new("struct addrinfo", { ai_flags = 0x0006, ai_socktype = 1 })

function resolver.canonical(address)
    local result = ffi.new("struct addrinfo *[1]")
    if C.getaddrinfo(address, nil, hints, result) ~= 0 then return nil end
    local name = result[0].ai_canonname
    C.freeaddrinfo(result[0])
    return name
end

local function longest(addresses)
    local best = ""
    for _, address in ipairs(addresses) do
        local name = resolver.canonical(address)
        if name and #ffi.string(name) > #best then best = ffi.string(name) end
    end
    return best
end

print(longest({ "127.0.0.1", "192.168.100.1", "10.0.0.1" }))
