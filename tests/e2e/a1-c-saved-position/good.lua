-- SPDX-License-Identifier: MIT
-- headers: strtok_r saves its position in a word that Lua declared as an integer
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[ char *strtok_r(char *text, const char *separators, char **saved); ]]

local Tokens = {}
Tokens.__index = Tokens

function Tokens.of(text)
    local buffer = ffi.new("char[?]", #text + 1, text)
    local self = setmetatable({ buffer = buffer, position = ffi.new("intptr_t[1]") }, Tokens)
    self.first = ffi.string(C.strtok_r(buffer, ":;", ffi.cast("char **", self.position)))
    return self
end

function Tokens:next()
    local saved = ffi.cast("char **", self.position)
    local token = C.strtok_r(nil, ":;", saved)
    return token ~= nil and ffi.string(token) or nil
end

local function parse(line)
    local tokens = Tokens.of(line)
    local list = { tokens.first }
    for token in function() return tokens:next() end do list[#list + 1] = token end
    return list
end

for i = 1, 3 do print(table.concat(parse(("host%d:port=80;path=/%d"):format(i, i)), " ")) end
