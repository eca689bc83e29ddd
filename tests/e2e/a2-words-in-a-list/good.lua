-- SPDX-License-Identifier: MIT
-- commands: words of a line, found by strtok_r, kept as pointers into a copy of it
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
char *strtok_r(char *text, const char *delimiters, char **rest);
int strcmp(const char *a, const char *b);
]]

local Command = {}
Command.__index = Command

local function next_word(text, rest)
    local word = C.strtok_r(text, " ", rest)
    return word
end

function Command.parse(line)
    local self = setmetatable({ words = {}, n = 0 }, Command)
    local copy = ffi.new("char[?]", #line + 1)
    local rest = ffi.new("char *[1]")
    ffi.copy(copy, line)
    self.copy = copy
    local word = next_word(copy, rest)
    while word ~= nil do
        self.n = self.n + 1
        self.words[self.n] = word
        word = next_word(nil, rest)
    end
    return self
end

function Command:is(name)
    return C.strcmp(self.words[1], name) == 0
end

local commands, n = {}, 0
for i = 1, 20 do commands[i] = Command.parse("get item " .. i) end
for i = 1, 20 do
    if commands[i]:is("get") then n = n + 1 end
end
print(n, commands[20].n)
