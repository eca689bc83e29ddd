-- SPDX-License-Identifier: MIT
-- A cursor runs to the end of a string that is kept; the end is another object's start, perhaps.
local ffi = require("ffi")

local Cursor = {}
Cursor.__index = Cursor

function Cursor.new(text)
    local p = ffi.cast("const char *", text)
    return setmetatable({ text = text, p = p, stop = p + #text }, Cursor)
end

function Cursor:next()
    if self.p == self.stop then return nil end
    local byte = self.p[0]
    self.p = self.p + 1
    return byte
end

local totals = {}
for i = 1, 24 do
    local cursor, total = Cursor.new(("abc"):rep(i) .. i), 0
    for byte in function() return cursor:next() end do total = total + byte end
    totals[i] = total .. (cursor.p == cursor.stop and "" or "!")
end
print(table.concat(totals, " "))
