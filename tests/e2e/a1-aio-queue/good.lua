-- SPDX-License-Identifier: MIT
-- blocks: reads are queued ahead; libc takes each up when the one before it has ended
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
struct sigev { void *v; int signo, notify; int pad[12]; };
struct aiocb { int fd, opcode, prio; volatile void *buf; size_t n; struct sigev ev;
  void *next; int absprio, policy, err; ssize_t ret; long off; char pad[32]; };
int aio_read(struct aiocb *a); int aio_error(const struct aiocb *a); ssize_t aio_return(struct aiocb *a);
int aio_suspend(const struct aiocb *const list[], int n, const void *t);
int pipe(int fd[2]); ssize_t write(int, const void *, size_t);
]]
local Queue = {}
Queue.__index = Queue
function Queue.new(fd) return setmetatable({ fd = fd, requests = {}, buffers = {} }, Queue) end
function Queue:read(n)
    local request = ffi.new("struct aiocb")
    local buffer = ffi.new("char[?]", n)
    request.fd, request.buf, request.n = self.fd, buffer, n
    request.ev.notify = 1
    table.insert(self.buffers, buffer)
    assert(C.aio_read(request) == 0)
    table.insert(self.requests, request)
end
function Queue:next()
    local request = table.remove(self.requests, 1)
    C.aio_suspend(ffi.new("const struct aiocb *[1]", request), 1, nil)
    if C.aio_error(request) ~= 0 then return "error " .. C.aio_error(request) end
    local n = tonumber(C.aio_return(request))
    return ffi.string(ffi.cast("const char *", request.buf), n)
end
local pair = ffi.new("int[2]")
assert(C.pipe(pair) == 0)
local queue = Queue.new(pair[0])
for i = 1, 3 do queue:read(8) end
for i = 1, 3 do
    C.write(pair[1], ("block %02d"):format(i), 8)
    print(queue:next())
end
