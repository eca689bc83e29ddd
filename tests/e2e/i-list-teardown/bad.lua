-- SPDX-License-Identifier: MIT
-- a list is taken apart by the finalizer of its head
local ffi = require("ffi")
ffi.cdef "typedef struct item { struct item *next; int value; } item;"

local total = 0
local function drop(head)
    local at = head.next
    while at ~= nil do
        total = total + at.value
        at = at.next
    end
end

local function build(n)
    local head = ffi.gc(ffi.new("item"), drop)
    local last = head
    for i = 1, n do
        local node = ffi.new("item", nil, i)
        last.next, last = node, node
    end
    return head.value
end

local sum = 0
for i = 1, 6 do sum = sum + build(4) end
local rows = {}
for i = 1, 3000 do rows[i % 11] = { i, "row " .. i } end
print(sum, #rows)
