-- SPDX-License-Identifier: MIT
-- matrices: rows of a matrix as references, multiplied in a compiled loop
local ffi = require("ffi")

ffi.cdef[[ struct matrix { double at[4][4]; }; ]]

local function rotation(angle)
    local m = ffi.new("struct matrix")
    local c, s = math.cos(angle), math.sin(angle)
    m.at[0][0], m.at[0][1], m.at[1][0], m.at[1][1] = c, -s, s, c
    m.at[2][2], m.at[3][3] = 1, 1
    return m
end

local function rows(m)
    return { m.at[0], m.at[1], m.at[2], m.at[3], whole = m }
end

local function apply(row, v)
    local sum = 0
    for i = 0, 3 do sum = sum + row[i] * v[i + 1] end
    return sum
end

local function turn(steps)
    local r, v = rows(rotation(math.pi / 180)), { 1, 0, 0, 1 }
    for _ = 1, steps do
        v = { apply(r[1], v), apply(r[2], v), apply(r[3], v), apply(r[4], v) }
    end
    return ("%.4f %.4f %.4f %.4f"):format(v[1], v[2], v[3], v[4])
end

print(turn(30), turn(90))
