-- SPDX-License-Identifier: MIT
-- backlog: the list is emptied by forgetting its head
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct task { struct task *next; int id; } task_t;
typedef struct { task_t *first; int n; } backlog_t;
]]

local Backlog = {}
Backlog.__index = Backlog

function Backlog:add(id)
    local task = ffi.cast("task_t *", C.malloc(ffi.sizeof("task_t")))
    task.id, task.next = id, self.first
    self.first = task
    self.n = self.n + 1
end

function Backlog:sum()
    local sum, task = 0, self.first
    while task ~= nil do
        sum = sum + task.id
        task = task.next
    end
    return sum
end

function Backlog:clear()
    while self.first ~= nil do
        local task = self.first
        self.first = task.next
        C.free(task)
    end
    self.first, self.n = nil, 0
end

local new = ffi.metatype("backlog_t", Backlog)
local backlog, sums = new(), {}
for day = 1, 5 do
    for id = 1, 12 do backlog:add(day * id) end
    sums[day] = backlog:sum()
    backlog:clear()
end
print(table.concat(sums, " "))
