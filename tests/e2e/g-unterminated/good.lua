-- SPDX-License-Identifier: MIT
-- fixed fields that are full have no NUL
local ffi = require("ffi")

local function field(text, size)
    local data = ffi.new("char[?]", size)
    ffi.copy(data, text, math.min(#text, size))
    return data, size
end

local function show(data, size)
    return #ffi.string(data, size) >= size
end

for _, code in ipairs({ "DE-SN-01", "FR-ARA-0" }) do print(show(field(code, 8))) end
