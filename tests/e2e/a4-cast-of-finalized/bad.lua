-- SPDX-License-Identifier: MIT
-- vectors: a finalizer on malloc's pointer, of which only a cast copy is kept
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct { double x, y, z; } point_t;
]]

local Cloud = {}
Cloud.__index = Cloud

function Cloud.new(n)
    local points = ffi.cast("point_t *", ffi.gc(C.malloc(n * ffi.sizeof("point_t")), C.free))
    for i = 0, n - 1 do points[i].x, points[i].y, points[i].z = i, i * 2, i * 3 end
    return setmetatable({ points = points, n = n }, Cloud)
end

function Cloud:centre()
    local x, y, z = 0, 0, 0
    for i = 0, self.n - 1 do
        local p = self.points[i]
        x, y, z = x + p.x, y + p.y, z + p.z
    end
    return x / self.n, y / self.n, z / self.n
end

local clouds = {}
for i = 1, 6 do clouds[i] = Cloud.new(i * 10) end
local sum = 0
for _, cloud in ipairs(clouds) do
    local x, y, z = cloud:centre()
    sum = sum + x + y + z
end
print(sum)
