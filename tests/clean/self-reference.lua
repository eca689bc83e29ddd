-- SPDX-License-Identifier: MIT
-- Structs that point to themselves and into themselves.
local ffi = require("ffi")
ffi.cdef[[ typedef struct sr { struct sr *me; char inl[16]; char *cur; } sr; ]]
local out = {}
for i = 1, 60 do
    local s = ffi.new("sr")
    s.me, s.cur = s, s.inl
    ffi.copy(s.cur, "v" .. i)
    s.cur = s.cur + 1
    out[i] = ffi.string(s.me.cur)
end
print(table.concat(out, ","))
