-- SPDX-License-Identifier: MIT
-- inbox: a thread waits in read() for what comes next; the kernel alone has the buffer's address
local ffi = require("ffi")
ffi.cdef [[
    int keeper_reader_start(char *target, size_t size);
    int keeper_reader_finish(const char *text);
]]
local keeper = ffi.load("testkeeper")

local Inbox = {}
Inbox.__index = Inbox

function Inbox.open(size)
    local self = setmetatable({ size = size, seen = {} }, Inbox)
    local buffer = ffi.new("char[?]", size)
    assert(keeper.keeper_reader_start(buffer, size) == 0)
    return self
end

function Inbox:see(topic)
    self.seen[#self.seen + 1] = topic
end

function Inbox:close()
    return keeper.keeper_reader_finish("the last message of the day")
end

local inbox = Inbox.open(96)
for i = 1, 400 do
    inbox:see(("topic %d"):format(i % 7))
end
print(inbox:close(), #inbox.seen)
local after = {}
for i = 1, 200 do after[i] = ffi.new("char[96]") end
print(#after)
