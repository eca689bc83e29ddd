-- SPDX-License-Identifier: MIT
-- Freed by hand, with the finalizer still on it.
--   ffisan run -- luajit twice.lua          double-free
--   ffisan run -- luajit twice.lua fixed    nothing
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ void *malloc(size_t size); void free(void *block); ]]
local fixed = arg[1] == "fixed"

local Buffer = {}
Buffer.__index = Buffer

function Buffer.new(size)
    return setmetatable({ size = size, data = ffi.gc(C.malloc(size), C.free) }, Buffer)
end

function Buffer:close()
    C.free(fixed and ffi.gc(self.data, nil) or self.data)
    self.data = nil
end

local total = 0
for size = 100, 300, 100 do
    local buffer = Buffer.new(size)
    total = total + buffer.size
    buffer:close()
end
print(total)
