-- SPDX-License-Identifier: MIT
-- vector: growing replaces the storage, but not the cursor that points into it
local ffi = require("ffi")

ffi.cdef[[ struct vector { double *cursor; unsigned size, capacity; }; ]]

local Vector = {}
Vector.__index = Vector

function Vector.new(capacity)
    local self = setmetatable({ c = ffi.new("struct vector") }, Vector)
    self.storage = ffi.new("double[?]", capacity)
    self.c.cursor, self.c.capacity = self.storage, capacity
    return self
end

function Vector:grow()
    local capacity = self.c.capacity * 2
    local storage = ffi.new("double[?]", capacity)
    ffi.copy(storage, self.storage, self.c.size * 8)
    self.storage, self.c.capacity = storage, capacity
    self.c.cursor = storage
end

function Vector:push(value)
    if self.c.size == self.c.capacity then self:grow() end
    self.storage[self.c.size] = value
    self.c.size = self.c.size + 1
end

function Vector:head(n)
    local out = {}
    for i = 0, n - 1 do out[i + 1] = ("%g"):format(self.c.cursor[i]) end
    return table.concat(out, " ")
end

local v = Vector.new(4)
for i = 1, 4 do v:push(i * 1.5) end
print(v:head(4))
v:push(7.5)
print(v:head(4))
