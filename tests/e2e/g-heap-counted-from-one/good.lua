-- SPDX-License-Identifier: MIT
-- schedule: jobs in an array of structs that is filled from 1
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct { int id; float due; } job_t;
]]

local Schedule = {}
Schedule.__index = Schedule

function Schedule.new(size)
    local jobs = ffi.cast("job_t *", C.malloc(size * ffi.sizeof("job_t")))
    return setmetatable({ jobs = jobs, n = 0 }, Schedule)
end

function Schedule:add(id, due)
    self.n = self.n + 1
    local job = self.jobs[self.n - 1]
    job.id = id
    job.due = due
end

local schedule = Schedule.new(6)
for i = 1, 6 do schedule:add(i, 10 - i) end
print(schedule.n)
C.free(schedule.jobs)
