-- SPDX-License-Identifier: MIT
-- sampler: a ring of samples, each of which counts on from the one before
local ffi = require("ffi")

ffi.cdef[[ typedef struct { double time; int number; } sample_t; ]]

local ring = {}
ring.__index = ring

function ring.new(n)
    return setmetatable({ n = n, at = 0, list = ffi.new("sample_t[?]", n) }, ring)
end

function ring:push(time)
    local before = self.list[self.at - 1]
    local sample = self.list[self.at]
    sample.time = time
    sample.number = before.number + 1
    self.at = (self.at + 1) % self.n
    return sample.number
end

local r = ring.new(8)
for i = 1, 20 do r:push(i / 10) end
print(r.at)
