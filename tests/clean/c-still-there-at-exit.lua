-- SPDX-License-Identifier: MIT
-- Copies kept in a global table till the end, a handle with a finalizer that runs at exit.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void *malloc(size_t size);
void free(void *p);
typedef struct { char *text; } holder_t;
]]

texts, holders = {}, {}
for i = 1, 80 do
    texts["text" .. i] = C.strdup("kept until the end " .. i)
    local holder = ffi.new("holder_t", C.strdup("in a struct " .. i))
    holders[i] = holder
end

local cache = ffi.gc(C.malloc(500), function(p)
    C.free(p)
    io.stdout:write("cache freed\n")
end)
cleanup = ffi.gc(C.malloc(60), C.free)
ffi.fill(cache, 500, 7)
print(#ffi.string(texts.text80), #ffi.string(holders[7].text), ffi.cast("char *", cache)[499])
