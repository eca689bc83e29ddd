-- SPDX-License-Identifier: MIT
-- system calls by number, as bindings make them where libc has no function: lines are copied into
-- buffers, and the vector is all that knows them
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct iovec { void *iov_base; size_t iov_len; };
int pipe(int fds[2]);
long syscall(long number, ...);
ssize_t read(int fd, void *buf, size_t size);
int close(int fd);
]]
local SYS_writev = ffi.arch == "arm64" and 66 or 20
local iovecs = ffi.typeof("struct { int count; struct iovec iov[?]; }")
local buffer = ffi.typeof("char[?]")

local function gather(lines)
    local vector, kept = iovecs(#lines, #lines), {}
    for i, line in ipairs(lines) do
        local copy = buffer(#line)
        ffi.copy(copy, line, #line)
        kept[i] = copy
        vector.iov[i - 1].iov_base = copy
        vector.iov[i - 1].iov_len = #line
    end
    return vector, kept
end

local function send(fd, lines)
    local vector, kept = gather(lines)
    local sent = C.syscall(SYS_writev, ffi.cast("int", fd), ffi.cast("void *", vector.iov),
        ffi.cast("long", vector.count))
    return tonumber(sent), vector, kept
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
local lines = {}
for i = 1, 12 do
    lines[i] = ("line %d of the report\n"):format(i)
end
print("sent", (send(fds[1], lines)))
C.close(fds[1])
local room = buffer(512)
local n = C.read(fds[0], room, 512)
C.close(fds[0])
io.write(ffi.string(room, n))
