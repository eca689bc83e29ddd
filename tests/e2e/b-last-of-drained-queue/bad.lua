-- SPDX-License-Identifier: MIT
-- a queue is drained in compiled code; the node that went last is asked once more
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t n);
void free(void *p);
typedef struct node { struct node *next; void *owner; int value; } node;
]]

local Queue = {}
Queue.__index = Queue

function Queue.new() return setmetatable({ n = 0 }, Queue) end

function Queue:push(value)
    local node = ffi.cast("node *", C.malloc(ffi.sizeof("node")))
    node.next, node.value = nil, value
    if self.tail then self.tail.next = node else self.head = node end
    self.tail = node
    self.n = self.n + 1
end

function Queue:pop()
    local node = self.head
    local value = node.value
    self.head = node.next
    self.n = self.n - 1
    C.free(node)
    self.last = node
    return value
end

local function last(queue)
    local value = queue.last.value
    return value
end

local queue, sum = Queue.new(), 0
for i = 1, 300 do queue:push(i) end
for _ = 1, 300 do sum = sum + queue:pop() end
print(sum, last(queue))
