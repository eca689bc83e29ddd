-- SPDX-License-Identifier: MIT
-- a writer flushes its buffer when it is collected, which may be at the very end
local ffi = require("ffi")
ffi.cdef "struct writer { char *buffer; int used; int flushed; };"

local Writer = ffi.metatype("struct writer", {
    __gc = function(self)
        local sum = 0
        for i = 0, self.used - 1 do sum = sum + self.buffer[i] end
        self.flushed = sum
    end,
})

local function open(text)
    local buffer = ffi.new("char[?]", 64, text)
    local writer = Writer()
    writer.buffer, writer.used = buffer, #text
    return writer
end

local writers = {}
for i = 1, 5 do writers[i] = open("line number " .. i) end
local rows = {}
for i = 1, 200 do rows[i % 11] = { i, "row " .. i } end
print(#writers, #rows)
