-- SPDX-License-Identifier: MIT
-- free(NULL), malloc(0) and calloc of nothing are all right.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);
]]

local seen, different = {}, 0
for i = 1, 50 do
    C.free(nil)
    local a, b, c = C.malloc(0), C.calloc(0, 16), C.realloc(nil, 0)
    assert(a ~= nil and b ~= nil and c ~= nil and a ~= b and b ~= c)
    seen[i] = { a, b, c }
end
for _, three in ipairs(seen) do
    for _, p in ipairs(three) do
        different = different + 1
        C.free(p)
    end
end
print(different, C.calloc(2 ^ 40, 2 ^ 40) == nil, C.malloc(2 ^ 52) == nil)
