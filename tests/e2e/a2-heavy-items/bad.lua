-- SPDX-License-Identifier: MIT
-- items: an iterator gives references; those that are collected outlive the array
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int id; float w; } item_; ]]
local function read(n)
    local arr = ffi.new("item_[?]", n)
    for i = 0, n - 1 do arr[i].id, arr[i].w = i, i / 2 end
    return arr
end
local function items(n)
    local arr, i = read(n), -1
    return function()
        i = i + 1
        if i < n then return arr[i], nil end
    end
end
local heavy, keep = {}, {}
for it, a in items(40) do
    if it.w > 10 then heavy[#heavy + 1] = it; keep[1] = a end
end
local s = 0
for _, it in ipairs(heavy) do s = s + it.id end
print(s)
