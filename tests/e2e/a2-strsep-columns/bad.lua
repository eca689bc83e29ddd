-- SPDX-License-Identifier: MIT
-- columns: cuts a line with strsep(3) and keeps the pieces as pointers
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strsep(char **cursor, const char *delimiters);
int atoi(const char *s);
]]

local Table = {}
Table.__index = Table

function Table.new() return setmetatable({ rows = {} }, Table) end

function Table:add(line)
    local copy = ffi.new("char[?]", #line + 1, line)
    local cursor = ffi.new("char *[1]", copy)
    local row = {}
    while cursor[0] ~= nil do
        row[#row + 1] = C.strsep(cursor, ":")
    end
    self.rows[#self.rows + 1] = row
end

function Table:sum(column)
    local sum = 0
    for _, row in ipairs(self.rows) do
        sum = sum + C.atoi(row[column])
    end
    return sum
end

local t = Table.new()
for i = 1, 8 do t:add(("user%d:x:%d:%d:/home/u%d"):format(i, 1000 + i, i * i, i)) end
print(t:sum(3), t:sum(4))
