-- SPDX-License-Identifier: MIT
-- readv into strings: the kernel writes through iov_base
local ffi = require("ffi")
ffi.cdef [[
struct iovec { void *iov_base; size_t iov_len; };
int pipe(int fds[2]);
long readv(int fd, const struct iovec *iov, int n);
long write(int fd, const void *buf, size_t n);
]]
local C = ffi.C

local function receive(fd, head_size, body_size)
    local iov = ffi.new("struct iovec[2]")
    local head, body = ffi.new("char[?]", head_size), ffi.new("char[?]", body_size)
    iov[0].iov_base, iov[0].iov_len = head, head_size
    iov[1].iov_base, iov[1].iov_len = body, body_size
    local n = C.readv(fd, iov, 2)
    return tonumber(n), ffi.string(head, head_size), ffi.string(body, body_size)
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
C.write(fds[1], "HHHHbody of it", 14)
local n, head, body = receive(fds[0], 4, 10)
print(n, #head, #body)
