-- SPDX-License-Identifier: MIT
-- header names are made upper case where they are
local ffi = require("ffi")

local function upper(name)
    local bytes = ffi.cast("uint8_t *", name)
    for i = 0, #name - 1 do
        if bytes[i] >= 97 and bytes[i] <= 122 then bytes[i] = bytes[i] - 32 end
    end
    return name
end

local seen = {}
for i = 1, 200 do
    local name = "x-header-" .. i
    seen[#seen + 1] = upper(name)
end
print(#seen, seen[1], seen[200])
