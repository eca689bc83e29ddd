-- SPDX-License-Identifier: MIT
-- jobs: a queue as a singly linked list of C structs
local ffi = require("ffi")

ffi.cdef[[
struct job { int id; int cost; struct job *next; };
]]

local Queue = {}
Queue.__index = Queue

function Queue.new()
    return setmetatable({ first = nil, last = nil, length = 0 }, Queue)
end

function Queue:push(id, cost)
    local job = ffi.new("struct job", id, cost)
    if self.last then
        self.last.next = job
    else
        self.first = job
    end
    self.last = job
    self.length = self.length + 1
end

function Queue:report()
    local lines, job = {}, self.first
    while job ~= nil do
        lines[#lines + 1] = ("job %d costs %d"):format(job.id, job.cost)
        job = job.next
    end
    return lines
end

local queue = Queue.new()
for id = 1, 6 do queue:push(id, id * id) end
print(queue.length)
print(table.concat(queue:report(), "\n"))
