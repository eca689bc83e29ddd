-- SPDX-License-Identifier: MIT
-- cells: a typed cell whose payload is an anonymous union
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
enum { CELL_NUMBER, CELL_TEXT };
struct value { int kind; union { double number; const char *text; }; };
long strtol(const char *text, char **end, int base);
]]

local Row = {}
Row.__index = Row

function Row.new()
    return setmetatable({ cells = ffi.new("struct value[12]"), n = 0 }, Row)
end

function Row:add(v)
    local cell = self.cells[self.n]
    if type(v) == "number" then
        cell.kind, cell.number = C.CELL_NUMBER, v
    else
        cell.kind, cell.text = C.CELL_TEXT, v
        self[self.n] = v
    end
    self.n = self.n + 1
end

function Row:sum()
    local sum, texts = 0, {}
    for i = 0, self.n - 1 do
        local cell = self.cells[i]
        if cell.kind == C.CELL_NUMBER then
            sum = sum + cell.number
        else
            sum = sum + tonumber(C.strtol(cell.text, nil, 10))
            texts[#texts + 1] = "cell " .. i
        end
    end
    return sum, #texts
end

local row = Row.new()
for i = 1, 6 do
    row:add(i / 2)
    row:add(("%d apples"):format(i * 100))
end
print(row:sum())
