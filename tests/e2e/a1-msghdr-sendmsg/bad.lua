-- SPDX-License-Identifier: MIT
-- channel: messages with a length prefix over a socket pair
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct iovec { const void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; unsigned msg_namelen;
    struct iovec *msg_iov; size_t msg_iovlen;
    void *msg_control; size_t msg_controllen;
    int msg_flags;
};
int socketpair(int domain, int type, int protocol, int fds[2]);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t recv(int fd, void *buf, size_t size, int flags);
int close(int fd);
]]

local function frame(prefix, text)
    local message = ffi.new("struct msghdr")
    local iov = ffi.new("struct iovec[2]")
    iov[0].iov_base, iov[0].iov_len = prefix, 4
    iov[1].iov_base, iov[1].iov_len = text, #text
    message.msg_iov, message.msg_iovlen = iov, 2
    return message
end

local function send(fd, text)
    local prefix = ffi.new("uint32_t[1]", #text)
    local message = frame(prefix, text)
    local label = ("message of %d bytes"):format(#text)
    local sent = tonumber(C.sendmsg(fd, message, 0))
    return label, sent
end

local fds = ffi.new("int[2]")
assert(C.socketpair(1, 1, 0, fds) == 0)
print(send(fds[0], "hello over there"))
local buf = ffi.new("char[64]")
local n = C.recv(fds[1], buf, 64, 0)
print(n, ffi.string(buf + 4, n - 4))
C.close(fds[0])
C.close(fds[1])
