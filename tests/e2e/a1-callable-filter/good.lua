-- SPDX-License-Identifier: MIT
-- filters that are called like functions, each with its coefficients in C
local ffi = require("ffi")
ffi.cdef[[
struct filter { int order; double *taps; };
double fma(double a, double b, double c);
]]
local C = ffi.C

local Filter = {}
Filter.__index = Filter

function Filter.__call(self, x)
    local c = self.c
    return C.fma(c.taps[0], x, c.taps[1])
end

local function filter(...)
    local c = ffi.new("struct filter", select("#", ...))
    local taps = ffi.new("double[?]", c.order, ...)
    c.taps = taps
    return setmetatable({ c = c, taps = taps }, Filter)
end

local bank = {}
for i = 1, 5 do bank[i] = filter(i, i / 2) end
for i = 1, 5 do
    local y = bank[i](10)
    print(y)
end
