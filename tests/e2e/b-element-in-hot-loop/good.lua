-- SPDX-License-Identifier: MIT
-- vectors: read by a small method in a loop that is compiled when the vector is closed
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local Vector = {}
Vector.__index = Vector

function Vector.new(n)
    local values = ffi.cast("double *", C.malloc(n * ffi.sizeof("double")))
    for i = 0, n - 1 do values[i] = i end
    return setmetatable({ values = values, n = n }, Vector)
end

function Vector:get(i)
    return self.values[i]
end

function Vector:close()
    C.free(self.values)
end

local function sum(vector)
    local total = 0
    for i = 0, vector.n - 1 do
        total = total + vector:get(i)
    end
    return total
end

local vector, total = Vector.new(64), 0
for round = 1, 40 do
    total = total + sum(vector)
end
print(total)
vector:close()
