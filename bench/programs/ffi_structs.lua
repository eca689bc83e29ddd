-- SPDX-License-Identifier: MIT
-- group: ffi
-- FFI structs in a hot loop: every iteration allocates cdata that outlives the iteration
local ffi = require("ffi")
ffi.cdef [[ struct point { double x, y, z; int tag; }; ]]
local point = ffi.typeof("struct point")
local keep, sum = {}, 0
for i = 1, 64 do keep[i] = point() end
for i = 1, 12e6 do
    keep[i % 64 + 1] = point(i, i + 1, i + 2, i % 7)
    sum = sum + keep[i * 7 % 64 + 1].tag
end
print(sum)
