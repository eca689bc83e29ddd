-- SPDX-License-Identifier: MIT
-- histogram: the largest value belongs to no bucket, and comes when the loop is compiled
local ffi = require("ffi")

local Histogram = {}
Histogram.__index = Histogram

function Histogram.new(width)
    return setmetatable({ width = width, buckets = ffi.new("uint32_t[16]") }, Histogram)
end

function Histogram:add(value)
    local bucket = math.floor(value / self.width)
    self.buckets[bucket] = self.buckets[bucket] + 1
end

local histogram = Histogram.new(16)
for value = 0, 256 do histogram:add(value) end
print(histogram.buckets[0], histogram.buckets[14])
