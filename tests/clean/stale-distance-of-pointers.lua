-- SPDX-License-Identifier: MIT
-- Pointers into memory that is gone are subtracted and compared, never followed.
local ffi = require("ffi")

ffi.cdef[[ struct slice { const char *first, *last; int id; }; ]]

local function slice(id, text)
    local bytes = ffi.new("char[?]", #text + 1, text)
    return ffi.new("struct slice", bytes, bytes + #text, id)
end

local slices = {}
for id = 1, 20 do slices[id] = slice(id, ("abc"):rep(id)) end
local noise = {}
for i = 1, 2000 do noise[i % 20] = { "noise " .. i } end

local lengths, ordered = {}, 0
for id, s in ipairs(slices) do
    lengths[id] = tonumber(s.last - s.first)
    if s.first ~= nil and s.first < s.last then ordered = ordered + 1 end
end
print(ordered, table.concat(lengths, " "))
