-- SPDX-License-Identifier: MIT
-- A signal ends the program, as it would have done.
local ffi = require("ffi")

ffi.cdef[[
int getpid(void);
int kill(int pid, int signal);
]]

io.write("one moment\n")
io.flush()
ffi.C.kill(ffi.C.getpid(), 15)
print("not reached")
