-- SPDX-License-Identifier: MIT
-- replies: codes with the texts that a library has for them, in an array of structs
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[
const char *answers_status(int code);
typedef struct { int code; const char *text; } reply_t;
]]

local replies = {}
replies.__index = replies

function replies.new(codes)
    local self = setmetatable({ n = #codes, list = ffi.new("reply_t[?]", #codes) }, replies)
    for i, code in ipairs(codes) do self:set(i - 1, code) end
    return self
end

function replies:set(i, code)
    local reply = self.list[i]
    reply.code = code
    reply.text = answers.answers_status(code)
end

function replies:each()
    local i = -1
    return function()
        i = i + 1
        if i < self.n then
            local reply = self.list[i]
            return reply.code, ffi.string(reply.text)
        end
    end
end

for code, text in replies.new({ 200, 301, 404 }):each() do print(code, text) end
