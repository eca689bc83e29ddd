-- SPDX-License-Identifier: MIT
-- averages over a C array, counted as Lua counts
local ffi = require("ffi")

local function samples(n)
    local data = ffi.new("double[?]", n)
    for i = 0, n - 1 do data[i] = (i * 37) % 11 end
    return data, n
end

local function average(data, n)
    local sum, seen = 0, 0
    for i = 0, n - 1 do
        sum, seen = sum + data[i], seen + 1
    end
    return sum, seen
end

local _, seen = average(samples(8))
print(seen)
