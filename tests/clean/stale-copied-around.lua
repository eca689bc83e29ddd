-- SPDX-License-Identifier: MIT
-- Structs with stale fields are copied by value, sorted and compared; the fields stay unread.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct entry { int id; int weight; const char *debug_name; };
int memcmp(const void *a, const void *b, size_t size);
]]

local entries = ffi.new("struct entry[24]")
for i = 0, 23 do
    entries[i].id, entries[i].weight = i, (i * 7) % 24
    entries[i].debug_name = "entry number " .. i
end
local noise = {}
for i = 1, 1500 do noise[i % 20] = { i } end

local spare = ffi.new("struct entry")
for i = 1, 23 do
    local k = i
    while k > 0 and entries[k - 1].weight > entries[k].weight do
        ffi.copy(spare, entries[k], ffi.sizeof(spare))
        entries[k] = entries[k - 1]
        entries[k - 1] = spare
        k = k - 1
    end
end
local copy, out = ffi.new("struct entry[24]"), {}
ffi.copy(copy, entries, ffi.sizeof(entries))
for i = 0, 23 do out[i + 1] = copy[i].id end
print(C.memcmp(copy, entries, ffi.sizeof(entries)), table.concat(out, " "))
