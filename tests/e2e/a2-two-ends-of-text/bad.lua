-- SPDX-License-Identifier: MIT
-- lexer: a position and an end in a text, in one struct
local ffi = require("ffi")
ffi.cdef [[ struct lexer { const char *cur; const char *limit; int line; }; ]]

local Lexer = {}
Lexer.__index = Lexer

function Lexer.new(source, definitions)
    local c = ffi.new("struct lexer")
    local text = source .. "\n" .. definitions
    local start = ffi.cast("const char *", text)
    c.cur, c.limit, c.line = start, start + #text, 1
    return setmetatable({ c = c }, Lexer)
end

function Lexer:word()
    local c = self.c
    while c.cur ~= c.limit and c.cur[0] <= 32 do c.cur = c.cur + 1 end
    local from = c.cur
    while c.cur ~= c.limit and c.cur[0] > 32 do c.cur = c.cur + 1 end
    return ffi.string(from, c.cur - from)
end

local lexer = Lexer.new("int main void", "define N 1")
local words = {}
for i = 1, 6 do words[i] = lexer:word() end
print(table.concat(words, "|"))
