-- SPDX-License-Identifier: MIT
-- Structs are copied by value: the copy outlives the original, and nothing dangles that is read.
local ffi = require("ffi")

ffi.cdef[[ struct stat_line { int n; double mean; char name[16]; }; ]]

local function parse(i)
    local line = ffi.new("struct stat_line", i, i / 4, "line " .. i)
    return line
end

local all = ffi.new("struct stat_line[30]")
for i = 0, 29 do all[i] = parse(i) end
local kept = {}
for i = 0, 29, 7 do kept[#kept + 1] = ffi.new("struct stat_line", all[i]) end
all = nil
for i = 1, 2000 do kept.noise = { i } end
for _, line in ipairs(kept) do print(line.n, line.mean, ffi.string(line.name)) end
