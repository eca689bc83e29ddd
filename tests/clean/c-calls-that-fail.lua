-- SPDX-License-Identifier: MIT
-- Calls of C functions that end in an error, as an argument does not fit, and the same function
-- called again from the same place, often, with results that are allocated.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ void *memchr(const void *bytes, int byte, size_t size); ]]

local function find(...)
    local ok, place = pcall(C.memchr, ...)
    return ok and place ~= nil
end

local n_found, n_failed = 0, 0
for i = 1, 4000 do
    local bytes = ffi.new("char[?]", 40 + i % 7)
    if find(bytes, 0, 8) then n_found = n_found + 1 end
    if i % 50 == 1 and not find(bytes, {}, 8) then n_failed = n_failed + 1 end
end
print(n_found, n_failed)
