-- SPDX-License-Identifier: MIT
-- release() clears the field before the buffer's last reference goes.
local ffi = require("ffi")

ffi.cdef[[ struct job { char *input; int length; int runs; }; ]]

local Job = {}
Job.__index = Job

function Job.new() return setmetatable({ c = ffi.new("struct job") }, Job) end

function Job:load(text)
    self.buffer = ffi.new("char[?]", #text + 1, text)
    self.c.input, self.c.length = self.buffer, #text
end

function Job:run()
    if self.c.input == nil then return "idle" end
    self.c.runs = self.c.runs + 1
    return ffi.string(self.c.input, self.c.length):upper()
end

function Job:release()
    self.c.input, self.c.length = nil, 0
    self.buffer = nil
end

local job, out = Job.new(), {}
for i = 1, 12 do
    job:load("job number " .. i)
    out[#out + 1] = job:run()
    job:release()
    local noise = {}
    for k = 1, 20 do noise[k] = "noise" .. k * i end
    out[#out + 1] = job:run()
end
print(job.c.runs, table.concat(out, ","))
