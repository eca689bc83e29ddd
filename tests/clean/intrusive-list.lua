-- SPDX-License-Identifier: MIT
-- Nodes of an intrusive list: a removed one still leads to its neighbours.
local ffi = require("ffi")
ffi.cdef[[ typedef struct ln { struct ln *prev, *next; int v; } ln; ]]
local L = { head = ffi.new("ln"), nodes = {} }
L.head.prev, L.head.next = L.head, L.head
function L.push(v)
    local n = ffi.new("ln")
    L.nodes[v] = n
    n.v = v
    n.prev, n.next = L.head.prev, L.head
    L.head.prev.next = n
    L.head.prev = n
end
function L.remove(v)
    local n = L.nodes[v]
    n.prev.next, n.next.prev = n.next, n.prev
    L.nodes[v] = nil
end
for i = 1, 40 do L.push(i) end
for i = 2, 40, 2 do L.remove(i) end
local p, s = L.head.next, 0
while p ~= L.head do s = s + p.v; p = p.next end
print(s)
