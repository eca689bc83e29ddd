-- SPDX-License-Identifier: MIT
-- doubling: a plugin that brings another one; both go when nobody has the namespace any more
local ffi = require("ffi")
ffi.cdef[[
int outer_twice(int x);
const char *outer_name(void);
]]

local Doubling = {}

function Doubling.setup()
    local plugin = ffi.load("plugin_outer")
    Doubling.plugin = plugin
    Doubling.twice, Doubling.name = plugin.outer_twice, plugin.outer_name
end

function Doubling.all(numbers)
    local out = {}
    for i, number in ipairs(numbers) do out[i] = Doubling.twice(number) end
    return out
end

local function range(n)
    local out = {}
    for i = 1, n do out[i] = i end
    return out
end

Doubling.setup()
local sums = {}
for round = 1, 60 do sums[round] = #Doubling.all(range(round)) end
print(sums[60], Doubling.twice(21), ffi.string(Doubling.name()))
