-- SPDX-License-Identifier: MIT
-- A hash that was the address of something dead stays what it was in packed memory of C.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ void *malloc(size_t); void free(void *); ]]
local p = ffi.cast("char *", C.malloc(64))
local seen = {}
local function tag(i)
    local o = ffi.new("int[2]", i)
    return tonumber(ffi.cast("intptr_t", ffi.cast("void *", o)))
end
local a = {}
for i = 1, 20 do a[i] = tag(i) end
local same = 0
for i = 1, 20 do
    ffi.cast("double *", p)[0] = a[i] -- as a number, not as an address
    if ffi.cast("double *", p)[0] == a[i] then same = same + 1 end
end
C.free(p)
print(same)
