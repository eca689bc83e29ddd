-- SPDX-License-Identifier: MIT
-- The finalizer refers to its own object, and does no harm: a proxy that nobody has captured
-- releases the object when it goes.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local function new(size)
    local self = { size = size, data = C.malloc(size) }
    local function release()
        if self.data then C.free(ffi.gc(self.data, nil)) end
        self.data = nil
    end
    ffi.gc(self.data, release)
    local proxy = newproxy(true)
    local metatable = getmetatable(proxy)
    metatable.__index = self
    metatable.__gc = release
    return proxy
end

local total = 0
for i = 1, 60 do
    local object = new(i)
    ffi.fill(object.data, object.size, i)
    total = total + ffi.cast("char *", object.data)[i - 1]
end
print(total)
