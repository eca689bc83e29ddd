-- SPDX-License-Identifier: MIT
-- label: makes room for the letters of a string and forgets the NUL, which ffi.copy writes as well.
-- `luajit label.lua` runs the bug, `luajit label.lua fixed` its fix.
local ffi = require("ffi")

local function c_string(text, extra)
    local buffer = ffi.new("char[?]", #text + extra)
    ffi.copy(buffer, text)
    return buffer
end

local text = "fourteen chars"
local label = c_string(text, arg[1] == "fixed" and 1 or 0)
print(ffi.string(label, #text))
