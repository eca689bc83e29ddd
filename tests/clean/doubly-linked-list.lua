-- SPDX-License-Identifier: MIT
-- Nodes of a doubly linked list of cdata; a table keeps the members and only them.
local ffi = require("ffi")

ffi.cdef[[ struct dnode { struct dnode *prev, *next; int value; }; ]]

local List = {}
List.__index = List

function List.new()
    local head = ffi.new("struct dnode")
    head.prev, head.next = head, head
    return setmetatable({ head = head, nodes = {}, n = 0 }, List)
end

function List:append(value)
    local node, head = ffi.new("struct dnode"), self.head
    node.value, node.prev, node.next = value, head.prev, head
    head.prev.next = node
    head.prev = node
    self.nodes[value] = node
    self.n = self.n + 1
end

function List:remove(value)
    local node = self.nodes[value]
    node.prev.next, node.next.prev = node.next, node.prev
    self.nodes[value], self.n = nil, self.n - 1
end

function List:values()
    local out, node = {}, self.head.next
    while node ~= ffi.cast("struct dnode *", self.head) do
        out[#out + 1] = node.value
        node = node.next
    end
    return table.concat(out, " ")
end

local list = List.new()
for i = 1, 30 do list:append(i) end
for i = 3, 30, 3 do list:remove(i) end
print(list.n, list:values())
for i = 31, 36 do list:append(i) end
for i = 1, 30 do if i % 3 ~= 0 and i % 2 == 0 then list:remove(i) end end
print(list.n, list:values())
