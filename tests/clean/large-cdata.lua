-- SPDX-License-Identifier: MIT
-- A few arrays of tens of megabytes come and go.
local ffi = require("ffi")

local SIZE = 50 * 1024 * 1024

local function big(seed)
    local a = ffi.new("uint8_t[?]", SIZE)
    for i = 0, SIZE - 1, 4096 do a[i] = (i / 4096 + seed) % 256 end
    return a
end

local function sum(a)
    local s = 0
    for i = 0, SIZE - 1, 4096 do s = s + a[i] end
    return s
end

local sums = {}
for seed = 1, 4 do
    local a = big(seed)
    sums[seed] = sum(a)
    a = nil
    collectgarbage()
end
print(table.concat(sums, " "))

local kept = {}
for i = 1, 200 do kept[i] = ffi.new("uint8_t[?]", i * 1000, i % 200) end
local s = 0
for i = 1, 200 do s = s + kept[i][0] + kept[i][i] end
print(s)
