-- SPDX-License-Identifier: MIT
-- jobs: C memory gets the address of a counter after the counter has gone
local ffi = require("ffi")

ffi.cdef[[
void *malloc(size_t size);
struct job { int *counter; };
struct c_job { int *counter; };
]]

local function counter(start)
    local n = ffi.new("int[4]")
    n[0] = start
    return n
end

local job = ffi.new("struct job")
job.counter = counter(42)
collectgarbage()
collectgarbage()

local c_job = ffi.cast("struct c_job *", ffi.C.malloc(8))
c_job.counter = job.counter
job.counter = nil

local points = {}
for round = 1, 3 do
    for i = 1, 60000 do points[i] = ffi.new("double[2]", i, round) end
    points = {}
    collectgarbage()
    collectgarbage()
end
for i = 1, 20000 do points[i] = ffi.new("double[2]", i, 0) end
print(#points > 0 and c_job.counter[0] >= 0)
