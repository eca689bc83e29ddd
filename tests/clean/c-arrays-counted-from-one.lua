-- SPDX-License-Identifier: MIT
-- Vectors of C memory that are counted from 1, as in Lua: the pointer that is kept leads before the
-- block, and often into another one.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *block);
typedef struct { double x, y, z, mass; int id; } body_t;
]]

local Bodies = {}
Bodies.__index = Bodies

local function array(ctype, n)
    return ffi.cast(ffi.typeof("$ *", ctype), C.calloc(n, ffi.sizeof(ctype))) - 1
end

function Bodies.new(n)
    local self = { n = n, bodies = array(ffi.typeof("body_t"), n) }
    self.weights, self.order = array(ffi.typeof("double"), n), array(ffi.typeof("int"), n)
    return setmetatable(self, Bodies)
end

function Bodies:fill()
    for i = 1, self.n do
        self.bodies[i].id, self.weights[i], self.order[i] = i, i / 2, self.n - i
    end
    return self
end

function Bodies:sum()
    local sum = 0
    for i = 1, self.n do
        sum = sum + self.bodies[i].id + self.weights[i] + self.order[i]
    end
    return sum
end

function Bodies:free()
    C.free(self.bodies + 1)
    C.free(self.weights + 1)
    C.free(self.order + 1)
end

local function other_work(n)
    local parts = {}
    for i = 1, n do parts[i % 20] = { ffi.new("int[4]", i), ("part %d"):format(i) } end
    return #parts
end

local systems, sum = {}, 0
for i = 1, 100 do
    systems[i] = Bodies.new(i % 12 + 1):fill()
    other_work(100)
end
for _, system in ipairs(systems) do
    sum = sum + system:sum()
    system:free()
end
print(sum)
