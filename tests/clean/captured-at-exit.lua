-- SPDX-License-Identifier: MIT
-- A program that ends by os.exit in the middle of its work: what its functions have is in use,
-- although the finalizers refer to their own objects.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local function new(size)
    local self = { size = size, data = ffi.cast("char *", C.malloc(size)) }
    ffi.gc(self.data, function() C.free(self.data) end)
    return self
end

local function finish(buffer, status)
    print(buffer.size, buffer.data[0])
    io.stdout:flush()
    os.exit(status)
end

local function work(level, buffers)
    local buffer = new(level * 10)
    buffer.data[0] = level
    buffers[level] = buffer
    if level == 8 then
        coroutine.wrap(function()
            local own = new(5)
            own.data[0] = 1
            finish(own, 3)
        end)()
    end
    return work(level + 1, buffers), buffer
end

work(1, {})
