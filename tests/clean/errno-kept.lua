-- SPDX-License-Identifier: MIT
-- errno survives allocations, collections and finalizers.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int open(const char *path, int flags, ...);
int close(int fd);
]]

local seen = {}
for i = 1, 200 do
    local fd = C.open("/no/such/file/" .. i, 0)
    local junk = { "junk" .. i, ffi.new("int[?]", i) }
    local thread = coroutine.create(function() return i end)
    local held = { junk, thread, ("text %d"):format(i) }
    seen[ffi.errno()] = (seen[ffi.errno()] or 0) + (fd == -1 and #held > 0 and 1 or 0)
end
print(seen[2])

print(ffi.errno(77), ffi.errno())
local t = {}
for i = 1, 5000 do t[i % 20] = { i, "text" .. i } end
collectgarbage()
print(ffi.errno())
print(C.close(-1), ffi.errno())
collectgarbage("step", 100)
print(ffi.errno())
