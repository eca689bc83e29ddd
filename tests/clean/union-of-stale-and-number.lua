-- SPDX-License-Identifier: MIT
-- A union whose pointer member is stale while its number is used.
local ffi = require("ffi")
ffi.cdef[[ typedef struct var { int tag; union { void *p; double d; int64_t i; } u; } var; ]]
local v = ffi.new("var[8]")
local objs = {}
for r = 1, 20 do
    local i = r % 8
    if r % 2 == 0 then
        local o = ffi.new("int[1]", r)
        objs[i] = o
        v[i].tag, v[i].u.p = 1, o
    else
        objs[i] = nil
        v[i].tag, v[i].u.d = 2, r + 0.5
    end
end
local s = 0
for i = 0, 7 do s = s + (v[i].tag == 1 and ffi.cast("int *", v[i].u.p)[0] or v[i].u.d) end
print(s)
