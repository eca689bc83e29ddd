-- SPDX-License-Identifier: MIT
-- routes: prints a table of routes with snprintf
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct in_addr { uint32_t s_addr; };
char *inet_ntoa(struct in_addr in);
uint32_t htonl(uint32_t value);
int snprintf(char *out, size_t size, const char *format, ...);
]]

local function address(number) return ffi.new("struct in_addr", C.htonl(number)) end

local function text(number) return ffi.string(C.inet_ntoa(address(number))) end

local function describe(route)
    local line = ffi.new("char[64]")
    local from, to = text(route.from), text(route.to)
    C.snprintf(line, ffi.sizeof(line), "%s -> %s", from, to)
    return ffi.string(line)
end

assert(text(0x7f000001) == "127.0.0.1")
for _, route in ipairs({
    { from = 0x0a000001, to = 0xc0a80117 },
    { from = 0xac100005, to = 0x08080404 },
}) do
    print(describe(route))
end
