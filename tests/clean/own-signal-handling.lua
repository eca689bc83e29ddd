-- SPDX-License-Identifier: MIT
-- Signals that the program ignores or blocks for itself, and alarm().
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef void (*handler_t)(int);
handler_t signal(int number, handler_t handler);
int raise(int number);
]]

local SIG_IGN, SIG_DFL = ffi.cast("handler_t", 1), ffi.cast("handler_t", 0)

print(C.signal(10, SIG_IGN) == SIG_DFL)
for _ = 1, 5 do C.raise(10) end
print(C.signal(10, SIG_DFL) == SIG_IGN)
print(C.signal(13, SIG_IGN) == SIG_DFL, C.raise(13))
io.flush()
C.raise(10)
print("not reached")
