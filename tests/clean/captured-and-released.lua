-- SPDX-License-Identifier: MIT
-- Finalizers that refer to their own objects, and programs that release these by hand: the
-- finalizer is taken off, or finds nothing left to do.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local Buffer = {}
Buffer.__index = Buffer

function Buffer.new(size)
    local self = setmetatable({ size = size, data = C.malloc(size) }, Buffer)
    ffi.gc(self.data, function() self:free() end)
    return self
end

function Buffer:free()
    if not self.data then return end
    local data = self.data
    self.data = nil
    C.free(ffi.gc(data, nil))
end

local function with_buffer(size, body)
    local buffer = Buffer.new(size)
    local ok, result = pcall(body, buffer)
    buffer:free()
    return ok and result
end

local function with_flag(size)
    local is_open = true
    local p = C.malloc(size)
    ffi.gc(p, function()
        if is_open then C.free(p) end
    end)
    ffi.fill(p, size, 7)
    local sum = ffi.cast("char *", p)[size - 1]
    is_open = false
    C.free(p)
    return sum
end

local total = 0
for i = 1, 30 do
    total = total + with_buffer(i, function(buffer)
        ffi.fill(buffer.data, buffer.size, i)
        return ffi.cast("char *", buffer.data)[buffer.size - 1]
    end)
    total = total + with_flag(i)
end
print(total)
