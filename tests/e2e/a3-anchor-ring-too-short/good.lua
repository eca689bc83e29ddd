-- SPDX-License-Identifier: MIT
-- boxes: anchors go round in a ring that is shorter than what it anchors
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int *p; int n; } box; ]]
local boxes = ffi.new("box[8]")
local keep = {}
local function refill(i) local d = ffi.new("int[4]", i); boxes[i % 8].p = d; keep[i % 8] = d end
for i = 0, 7 do refill(i) end
local s = 0
for i = 8, 900 do
    refill(i)
    for k = 0, 7 do s = (s + boxes[k].p[0]) % 100003 end
end
print(s)
