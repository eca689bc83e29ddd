-- SPDX-License-Identifier: MIT
-- lexer.lua: begin, cursor and end_ lead into one text
local ffi = require("ffi")
ffi.cdef[[ typedef struct { const char *begin, *cursor, *end_; int line; } lex_t; ]]
local Lexer = {}
Lexer.__index = Lexer
local function open(lines)
    local text = table.concat(lines, "\n")
    local lx = ffi.new("lex_t")
    lx.begin = text
    lx.cursor = lx.begin
    lx.end_ = lx.begin + #text
    lx.line = 1
    return setmetatable({ lx = lx, text = text }, Lexer)
end
function Lexer:first() return ffi.string(self.lx.begin, 5) end
local all = {}
for i = 1, 10 do all[i] = open({ "first", "line" .. i, "x" }) end
local n = 0
for i = 1, 10 do n = n + #all[i]:first() end
print(n)
