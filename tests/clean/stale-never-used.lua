-- SPDX-License-Identifier: MIT
-- Debug fields keep the last error's text; they go stale, and nobody reads them.
local ffi = require("ffi")

ffi.cdef[[ struct parser { int line; int errors; const char *last_error; const char *near; }; ]]

local Parser = {}
Parser.__index = Parser

function Parser.new() return setmetatable({ c = ffi.new("struct parser") }, Parser) end

function Parser:fail(word)
    self.c.errors = self.c.errors + 1
    self.c.last_error = "unexpected '" .. word .. "'"
    self.c.near = ffi.new("char[16]", word)
end

function Parser:run(text)
    for word in text:gmatch("%S+") do
        self.c.line = self.c.line + 1
        if not word:match("^%d+$") then self:fail(word) end
    end
    return self.c.line, self.c.errors
end

local parsers = {}
for i = 1, 10 do
    parsers[i] = Parser.new()
    print(parsers[i]:run(("1 2 x%d 4 five 6 "):format(i):rep(i)))
end
