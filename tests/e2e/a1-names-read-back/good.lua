-- SPDX-License-Identifier: MIT
-- slots: the anchor is a pointer read back from the struct, not the string
local ffi = require("ffi")
ffi.cdef[[ typedef struct { const char *key; } slot_t; int strcmp(const char *, const char *); ]]
local slots, names = ffi.new("slot_t[4]"), {}
local function bind(i, name) local k = name .. "_" .. i; slots[i].key = k; names[i] = k end
for i = 0, 3 do bind(i, "btn") end
local function lookup(k)
    for i = 0, 3 do if ffi.C.strcmp(slots[i].key, k) == 0 then return i end end
    return -1
end
print(lookup("zzz"), lookup("aaa"))
