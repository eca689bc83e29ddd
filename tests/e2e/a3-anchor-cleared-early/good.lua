-- SPDX-License-Identifier: MIT
-- stream: close() drops the buffer before the last flush
local ffi = require("ffi")

ffi.cdef[[ struct stream { char *data; unsigned size, used; }; ]]

local Stream = {}
Stream.__index = Stream

function Stream.open(sink, size)
    local self = setmetatable({ sink = sink, c = ffi.new("struct stream") }, Stream)
    self.buffer = ffi.new("char[?]", size)
    self.c.data, self.c.size = self.buffer, size
    return self
end

function Stream:write(text)
    if self.c.used + #text > self.c.size then self:flush() end
    ffi.copy(self.c.data + self.c.used, text, #text)
    self.c.used = self.c.used + #text
end

function Stream:flush()
    local chunk = { size = self.c.used, number = #self.sink + 1 }
    chunk.text = ffi.string(self.c.data, self.c.used)
    self.sink[#self.sink + 1] = chunk
    self.c.used = 0
end

function Stream:close()
    self.sink.closed = ("closed after %d chunks"):format(#self.sink)
    self:flush()
    self.buffer = nil
    self.c.data = nil
end

local function main()
    local sink = {}
    local stream = Stream.open(sink, 32)
    for i = 1, 9 do stream:write(("line %d;"):format(i)) end
    stream:close()
    for _, chunk in ipairs(sink) do print(chunk.number, chunk.size, chunk.text) end
    print(sink.closed)
end

main()
