-- SPDX-License-Identifier: MIT
-- The pointer to a library's line is taken once, and the function called again to refresh it.
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[ const char *answers_status(int code); ]]

local line = answers.answers_status(0)

local function refreshed(code)
    answers.answers_status(code)
    return ffi.string(line)
end

local function checked(code)
    assert(answers.answers_status(code) == line, "the library has one line")
    return ffi.string(line)
end

local texts = {}
for code = 200, 210 do texts[#texts + 1] = refreshed(code) .. "/" .. checked(code + 100) end
print(ffi.string(line), table.concat(texts, " "))
