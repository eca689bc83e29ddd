-- SPDX-License-Identifier: MIT
-- The only reference to a table of strings is in a metatable.
local ffi = require("ffi")

ffi.cdef[[ struct names { const char *at[6]; }; ]]

local function names(list)
    local c, kept = ffi.new("struct names"), {}
    for i, part in ipairs(list) do
        kept[i] = part .. "@" .. #list
        c.at[i - 1] = kept[i]
    end
    return setmetatable({ c = c }, { __index = function(_, i) return ffi.string(c.at[i - 1]) end,
                                     kept = kept })
end

local sets = {}
for i = 1, 8 do
    local list = {}
    for k = 1, 1 + i % 6 do list[k] = ("n%d%d"):format(i, k) end
    sets[i] = names(list)
end
for i = 1, 8 do print(i, sets[i][1], sets[i][1 + i % 6]) end
