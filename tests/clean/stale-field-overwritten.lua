-- SPDX-License-Identifier: MIT
-- A field is stale between two requests, and set again before anybody reads it.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct request { const char *path; int status; };
size_t strlen(const char *s);
]]

local Server = { request = ffi.new("struct request"), log = {} }

function Server.handle(path)
    Server.request.path = path
    Server.request.status = tonumber(C.strlen(Server.request.path)) % 2 == 0 and 200 or 404
    local line = ("%s %d"):format(ffi.string(Server.request.path), Server.request.status)
    Server.log[#Server.log + 1] = line
    return path
end

for i = 1, 40 do
    Server.handle("/item/" .. i * i)
    local between = {}
    for k = 1, 10 do between[k] = { k } end
end
print(#Server.log, Server.log[1], Server.log[40])
