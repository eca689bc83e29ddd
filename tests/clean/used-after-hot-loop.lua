-- SPDX-License-Identifier: MIT
-- What is used after a hot loop is still anchored: an array through the table that made it.
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int id; float w; } it_; ]]
local arr = {}
local function items(n)
    local a, i = ffi.new("it_[?]", n), -1
    arr[#arr + 1] = a
    return function() i = i + 1; if i < n then a[i].id = i; return a[i] end end
end
local list = {}
for it in items(300) do if it.id % 7 == 0 then list[#list + 1] = it end end
local s = 0
for _, it in ipairs(list) do s = s + it.id end
print(s, #arr)
