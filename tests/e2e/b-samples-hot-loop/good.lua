-- SPDX-License-Identifier: MIT
-- meter: samples of a measurement are summed up in compiled code after their buffer is gone
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
typedef struct { double *values; int n; } samples_t;
]]

local Samples = {}
Samples.__index = Samples

function Samples.take(n)
    local s = ffi.new("samples_t", ffi.cast("double *", C.calloc(n, 8)), n)
    for i = 0, n - 1 do s.values[i] = (i * 37) % 101 end
    return s
end

function Samples:drop()
    C.free(self.values)
    self.n = 0
end

ffi.metatype("samples_t", Samples)

local function mean(values, n)
    local sum = 0
    for i = 0, n - 1 do sum = sum + values[i] end
    return sum / n
end

local total = 0
for round = 1, 100 do
    local samples = Samples.take(200)
    local values, n = samples.values, samples.n
    total = total + mean(values, n)
    samples:drop()
end
print(("%.2f"):format(total / 100))
