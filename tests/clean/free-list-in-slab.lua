-- SPDX-License-Identifier: MIT
-- A free list threaded through one slab; nodes are handed out again and again.
local ffi = require("ffi")
ffi.cdef[[ typedef struct node { struct node *next_free; int value; } node; ]]

local slab = ffi.new("node[32]")
local free = ffi.new("node *[1]")

local function give(node)
    node.next_free = free[0]
    free[0] = node
end

local function take(value)
    local node = free[0]
    free[0] = node.next_free
    node.value = value
    return node
end

for i = 31, 0, -1 do give(slab + i) end
local sum = 0
for round = 1, 300 do
    local a, b = take(round), take(-2 * round)
    sum = sum + a.value + b.value
    give(a)
    give(b)
end
print(sum)
