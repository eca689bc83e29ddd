-- SPDX-License-Identifier: MIT
-- group: memory
-- a heap that stays: tables, strings, closures and cdata of a program that keeps much
local ffi = require("ffi")
ffi.cdef [[ struct entry { struct entry *next; double weight; char name[24]; }; ]]
local entry = ffi.typeof("struct entry")
local kept = {}
for i = 1, 15e4 do
    local cdata = entry(nil, i)
    kept[i] = {
        cdata = cdata, name = "entry number " .. i, tags = { i % 3, i % 5 },
        get = function() return cdata.weight end,
        buffer = ffi.new("char[?]", 16 + i % 200),
    }
end
local sum = 0
for i = 1, #kept, 10 do sum = sum + kept[i].get() + #kept[i].name end
print(sum)
