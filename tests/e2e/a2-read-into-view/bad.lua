-- SPDX-License-Identifier: MIT
-- inbox: reads from a pipe into the middle of a buffer that only a cast still knows
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int pipe(int fds[2]);
ssize_t read(int fd, void *buf, size_t size);
ssize_t write(int fd, const void *buf, size_t size);
int close(int fd);
]]

local HEADER_BYTES = 8

local Inbox = {}
Inbox.__index = Inbox

function Inbox.new(fd, size)
    local bytes = ffi.new("uint8_t[?]", HEADER_BYTES + size)
    local self = setmetatable({ fd = fd, size = size, n = 0 }, Inbox)
    self.body = ffi.cast("char *", bytes + HEADER_BYTES)
    return self
end

function Inbox:receive()
    local n = tonumber(C.read(self.fd, self.body, self.size))
    self.n = self.n + 1
    return ("%d: %s"):format(self.n, ffi.string(self.body, n))
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
local inbox = Inbox.new(fds[0], 56)
for _, text in ipairs({ "first", "second message", "third" }) do
    C.write(fds[1], text, #text)
    print(inbox:receive())
end
C.close(fds[0])
C.close(fds[1])
