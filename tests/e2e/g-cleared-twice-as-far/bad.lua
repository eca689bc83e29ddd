-- SPDX-License-Identifier: MIT
-- sampler: a buffer of 16-bit samples is cleared as if they had 32; behind it lies what is free
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
void *memset(void *to, int byte, size_t size);
]]

local Track = {}
Track.__index = Track

function Track.new(n)
    return setmetatable({ n = n, samples = ffi.cast("int16_t *", C.malloc(2 * n)) }, Track)
end

function Track:clear()
    C.memset(self.samples, 0, 4 * self.n)
end

function Track:close()
    C.free(self.samples)
    self.samples = nil
end

local left = Track.new(2000)
local right = Track.new(2000)
right:close()
left:clear()
print(left.n, left.samples[1999])
left:close()
