-- SPDX-License-Identifier: MIT
-- scratch: names for two files, taken first and used later
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[ const char *answers_next_name(void); ]]

local function take(n)
    local names = {}
    for i = 1, n do names[i] = answers.answers_next_name() end
    return names
end

local function paths(directory, names)
    local list = {}
    for i, name in ipairs(names) do list[i] = directory .. "/" .. ffi.string(name) end
    return list
end

print(table.concat(paths("/tmp", take(2)), " "))
