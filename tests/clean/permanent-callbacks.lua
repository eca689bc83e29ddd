-- SPDX-License-Identifier: MIT
-- Callbacks that are made once and live as long as the program.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
typedef int (*compare_fn)(const void *, const void *);
]]

local function by(ctype, sign)
    local pointer = ffi.typeof("const " .. ctype .. " *")
    return ffi.cast("compare_fn", function(a, b)
        local x, y = ffi.cast(pointer, a)[0], ffi.cast(pointer, b)[0]
        return x < y and -sign or x > y and sign or 0
    end)
end

local order = { up = by("int", 1), down = by("int", -1), real = by("double", 1) }

local function sorted(ctype, list, compare)
    local a = ffi.new(ctype .. "[?]", #list, list)
    C.qsort(a, #list, ffi.sizeof(ctype), compare)
    local out = {}
    for i = 0, #list - 1 do out[i + 1] = tostring(a[i]) end
    return table.concat(out, " ")
end

for round = 1, 5 do
    local list = {}
    for i = 1, 9 do list[i] = (i * round * 7) % 31 end
    print(sorted("int", list, order.up), "|", sorted("int", list, order.down))
    for i = 1, 9 do list[i] = list[i] + i / 10 end
    print(sorted("double", list, order.real))
end
