-- SPDX-License-Identifier: MIT
-- Errno between a failing call and the place that asks for it.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ int close(int); int open(const char *, int, ...); char *strerror(int); int *__errno_location(void); ]]
local function try(i)
    local garbage = ffi.new("char[?]", 100 + i)
    local rc = C.close(-1)
    local a = C.__errno_location()[0]
    local b = ffi.errno()
    local rc2 = C.open("/nonexistent/" .. i, 0)
    return rc, a, b, rc2, ffi.errno(), ffi.string(C.strerror(ffi.errno()))
end
for i = 1, 3 do print(try(i)) end
ffi.errno(0)
local buf = ffi.new("int[1]")
buf[0] = 5
print(ffi.errno(), buf[0])
