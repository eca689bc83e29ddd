-- SPDX-License-Identifier: MIT
-- endpoint: a C struct filled from a Lua table by its initialiser
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct endpoint { int port; const char *scheme; const char *host; };
int snprintf(char *out, size_t size, const char *format, ...);
]]

local endpoint = {}

function endpoint.from(zone, index)
    local c = ffi.new("struct endpoint", {
        port = 8000 + index,
        scheme = "https",
        host = ("node-%02d.%s.example"):format(index, zone),
    })
    return { c = c, zone = zone }
end

function endpoint.url(self)
    local out = ffi.new("char[96]")
    C.snprintf(out, 96, "%s://%s:%d/", self.c.scheme, self.c.host, ffi.cast("int", self.c.port))
    return ffi.string(out)
end

local pool = {}
for i, zone in ipairs({ "north", "south", "west" }) do pool[i] = endpoint.from(zone, i) end
for _, e in ipairs(pool) do print(e.zone, endpoint.url(e)) end
