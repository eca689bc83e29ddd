-- SPDX-License-Identifier: MIT
-- requests: a struct takes the address of a body whose finalizer sits on a local
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
size_t strlen(const char *text);
typedef struct { const char *body; int tries; } request_t;
]]

local requests = {}

local function build(id)
    local body = ffi.gc(C.strdup(("{\"id\":%d}"):format(id)), C.free)
    local request = ffi.new("request_t", body, 0)
    return request, body
end

function requests.prepare(n)
    for id = 1, n do requests[id], requests["body" .. id] = build(id) end
end

function requests.send()
    local bytes = 0
    for _, request in ipairs(requests) do
        request.tries = request.tries + 1
        bytes = bytes + tonumber(C.strlen(request.body))
    end
    return bytes
end

requests.prepare(12)
print(requests.send())
