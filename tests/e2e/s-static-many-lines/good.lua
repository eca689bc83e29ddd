-- SPDX-License-Identifier: MIT
-- statistics: how often each line occurs, of many
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[ const char *answers_status(int code); ]]

local function collect(n)
    local lines = {}
    for i = 1, n do
        lines[i] = ffi.string(answers.answers_status(i))
    end
    return lines
end

local function count(lines)
    local seen, n = {}, 0
    for _, line in ipairs(lines) do
        local text = line
        if not seen[text] then n = n + 1 end
        seen[text] = true
    end
    return n
end

print(count(collect(300)))
