-- SPDX-License-Identifier: MIT
-- what is read before free() in compiled code is read behind it by the machine: LuaJIT makes such
-- loads operands of later instructions
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t n);
void free(void *p);
typedef struct entry {
    struct entry *next; void *reserved; /* malloc writes into these when they are free */
    int32_t count; float weight; double size; int64_t stamp;
} entry;
]]

local Queue = {}
Queue.__index = Queue

function Queue.new() return setmetatable({ n = 0, last = false }, Queue) end

function Queue:push(i)
    local e = ffi.cast("entry *", C.malloc(ffi.sizeof("entry")))
    e.next, e.count, e.weight, e.size, e.stamp = nil, i, i / 2, i * 2, i
    if self.tail then self.tail.next = e else self.head = e end
    self.tail = e
    self.n = self.n + 1
end

function Queue:pop()
    local e = self.head
    local count, weight, size, stamp = e.count, e.weight, e.size, e.stamp
    self.head = e.next
    self.n = self.n - 1
    C.free(e)
    self.last = { count = count }
    return count + weight + size, stamp
end

local queue, sum, stamps = Queue.new(), 0, 0LL
for i = 1, 400 do queue:push(i) end
for _ = 1, 400 do
    local value, stamp = queue:pop()
    sum, stamps = sum + value, stamps + stamp
end
print(sum, tostring(stamps), queue.n, queue.last.count)
