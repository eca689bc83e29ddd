-- SPDX-License-Identifier: MIT
-- A fault that has nothing to do with collected memory is the program's own, as before.
local ffi = require("ffi")

io.write("reading address 8\n")
io.flush()
print(ffi.cast("int *", 8)[0])
