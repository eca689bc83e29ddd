-- SPDX-License-Identifier: MIT
-- sender: gathers a response and hands it to the kernel in one call
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct iovec { const void *iov_base; size_t iov_len; };
int pipe(int fds[2]);
ssize_t writev(int fd, const struct iovec *iov, int n);
ssize_t read(int fd, void *buf, size_t size);
int close(int fd);
]]

local Sender = {}
Sender.__index = Sender

function Sender.new(fd)
    return setmetatable({ fd = fd, n = 0, iov = ffi.new("struct iovec[16]"), kept = {} }, Sender)
end

function Sender:push(text)
    local slot = self.iov[self.n]
    slot.iov_base = ffi.cast("const char *", text)
    slot.iov_len = #text
    self.kept[self.n] = text
    self.n = self.n + 1
end

function Sender:flush()
    local sent = C.writev(self.fd, self.iov, self.n)
    self.n = 0
    return tonumber(sent)
end

local function respond(fd, rows)
    local sender = Sender.new(fd)
    sender:push("HTTP/1.1 200 OK\n\n")
    for i, row in ipairs(rows) do
        sender:push(("<li>%d: %s</li>\n"):format(i, row))
    end
    return sender:flush()
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
print("sent", respond(fds[1], { "alpha", "beta", "gamma", "delta" }))
C.close(fds[1])
local buf = ffi.new("char[512]")
local n = C.read(fds[0], buf, 512)
C.close(fds[0])
print(ffi.string(buf, n))
