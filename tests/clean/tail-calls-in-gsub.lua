-- SPDX-License-Identifier: MIT
-- a callback of gsub ends in ffi.string
local ffi = require("ffi")
local names = ffi.new("char[4][8]", { "zero", "one", "two", "three" })
local function expand(s) return (s:gsub("%d", function(d) local n = tonumber(d) return ffi.string(names[n]) end)) end
local out = {}
for i = 1, 50 do out[i] = expand("a" .. i % 4 .. "b" .. (i + 1) % 4) end
print(out[1], out[2], out[50])
