-- SPDX-License-Identifier: MIT
-- An error ends the program.  What the main function had is no leak.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local function new(size)
    local p = C.malloc(size)
    return ffi.gc(p, function() C.free(p) end)
end

local first, second = new(10), new(20)
local all = { new(30), { new(40) } }
ffi.fill(first, 10, 1)
print(ffi.sizeof(second), #all)
error({ code = 7 })
