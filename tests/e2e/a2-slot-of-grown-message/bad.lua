-- SPDX-License-Identifier: MIT
-- messages: room for the length is reserved, and filled in by C when the text is complete
local ffi = require("ffi")
local buffer = require("string.buffer")
local C = ffi.C

ffi.cdef[[ int snprintf(char *out, size_t size, const char *format, ...); ]]

local Message = {}
Message.__index = Message

function Message.new()
    local self = setmetatable({ text = buffer.new(64) }, Message)
    self.length = self.text:reserve(8)
    self.text:commit(8)
    return self
end

function Message:put(text) self.text:put(text) end

function Message:finish()
    local length = self.length
    C.snprintf(length, 8, "%07d", ffi.cast("int", #self.text))
    return #self.text
end

local message = Message.new()
for i = 1, 30 do message:put(("part %d;"):format(i)) end
print(message:finish())
