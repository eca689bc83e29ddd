-- SPDX-License-Identifier: MIT
-- An end pointer is one past its own array, where another object may start and die.
local ffi = require("ffi")

ffi.cdef[[ struct range { const int *first, *last; }; ]]

local function range(n)
    local items = ffi.new("int[?]", n)
    local neighbour = ffi.new("int[?]", n, -1)
    for i = 0, n - 1 do items[i] = i * n end
    return { items = items, c = ffi.new("struct range", items, items + n), sum = neighbour[0] }
end

local function sum(r)
    local p, total = r.c.first, 0
    while p ~= r.c.last do
        total = total + p[0]
        p = p + 1
    end
    return total
end

local ranges = {}
for n = 1, 40 do ranges[n] = range(n) end
local out = {}
for n = 1, 40 do out[n] = sum(ranges[n]) end
print(table.concat(out, " "))
