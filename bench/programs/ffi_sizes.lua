-- SPDX-License-Identifier: MIT
-- group: ffi
-- FFI structs of many sizes, from 8 bytes to a kilobyte, some kept for a while
local ffi = require("ffi")
local types = {}
for i, bytes in ipairs { 8, 12, 16, 24, 40, 64, 100, 128, 200, 256, 400, 512, 768, 1024 } do
    ffi.cdef(("struct block%d { int tag; char rest[%d]; };"):format(i, bytes - 4))
    types[i] = ffi.typeof("struct block" .. i)
end
local keep, sum = {}, 0
for i = 1, 512 do keep[i] = types[1]() end
for i = 1, 22e5 do
    local block = types[i * 5 % #types + 1]()
    block.tag = i
    keep[i * 31 % 512 + 1] = block
    sum = sum + keep[i * 17 % 512 + 1].tag % 7
end
print(sum)
