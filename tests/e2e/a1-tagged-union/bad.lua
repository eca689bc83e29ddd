-- SPDX-License-Identifier: MIT
-- values: numbers and strings in one tagged union
local ffi = require("ffi")
ffi.cdef[[
typedef struct { int tag; union { double num; const char *str; struct { int lo, hi; } pair; }; } value_t;
]]
local function set(v, x)
    if type(x) == "number" then v.tag, v.num = 1, x
    elseif type(x) == "string" then
        v.tag, v.str = 2, x
    end
end
local function get(v)
    if v.tag == 1 then return v.num end
    return ffi.string(v.str)
end
local vals = ffi.new("value_t[4]")
local function fill(seed)
    set(vals[0], seed)
    set(vals[1], "key-" .. seed)
    set(vals[2], seed + 1)
    set(vals[3], seed * 2)
end
fill(5)
for i = 0, 3 do print(i, get(vals[i])) end
