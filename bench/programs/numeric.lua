-- SPDX-License-Identifier: MIT
-- group: little
-- little allocation: numbers in an FFI array
local ffi = require("ffi")
local n = 2e6
local a = ffi.new("double[?]", n)
for round = 1, 220 do for i = 0, n - 1 do a[i] = a[i] * 0.5 + i + round end end
print(a[10], a[n - 1])
