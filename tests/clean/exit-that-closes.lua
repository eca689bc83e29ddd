-- SPDX-License-Identifier: MIT
-- os.exit closes the state: finalizers run, each its own
local ffi = require("ffi")
ffi.cdef[[ void *malloc(size_t); void free(void *); ]]
local keep = {}
for i = 1, 20 do keep[i] = ffi.gc(ffi.C.malloc(i), ffi.C.free) end
local p = newproxy(true)
getmetatable(p).__gc = function() io.write("closed\n") io.flush() end
print(#keep)
os.exit(3, true)
