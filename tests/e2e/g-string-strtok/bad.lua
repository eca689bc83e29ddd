-- SPDX-License-Identifier: MIT
-- configuration lines: strtok cuts the line that it is given
local ffi = require("ffi")
ffi.cdef "char *strtok(char *text, const char *separators);"
local C = ffi.C

local function split(line)
    local words = {}
    local word = C.strtok(ffi.cast("char *", line), ",")
    while word ~= nil do
        words[#words + 1] = ffi.string(word)
        word = C.strtok(nil, ",")
    end
    return words
end

local settings = {}
for number, name in ipairs({ "host", "port", "user" }) do
    settings[number] = table.concat({ name, name:upper(), tostring(number * 10), "end" }, ",")
end
for _, line in ipairs(settings) do print(#split(line)) end
