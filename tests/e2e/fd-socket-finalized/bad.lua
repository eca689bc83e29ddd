-- SPDX-License-Identifier: MIT
-- channel: a pair of sockets that close themselves when nobody has them any more
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct channel_socket { int fd; };
int socketpair(int domain, int type, int protocol, int *fds);
ssize_t send(int fd, const void *data, size_t size, int flags);
ssize_t recv(int fd, void *data, size_t size, int flags);
int close(int fd);
]]

local AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT = 1, 2, 0x40

local function own(fd)
    return ffi.gc(ffi.new("struct channel_socket", fd), function(self) C.close(self.fd) end)
end

local Channel = {}
Channel.__index = Channel

local function side(fd)
    local socket = own(fd)
    return setmetatable({ fd = socket.fd }, Channel)
end

function Channel.pair()
    local fds = ffi.new("int[2]")
    assert(C.socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0)
    return side(fds[0]), side(fds[1])
end

function Channel:send(text) return tonumber(C.send(self.fd, text, #text, MSG_DONTWAIT)) end

function Channel:receive()
    local data = ffi.new("char[64]")
    local n = C.recv(self.fd, data, ffi.sizeof(data), MSG_DONTWAIT)
    return n >= 0 and ffi.string(data, n) or nil
end

local left, right = Channel.pair()
local n = 0
for i = 1, 5 do
    n = n + left:send(("message %d"):format(i))
end
print(n, right:receive())
