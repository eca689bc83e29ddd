-- SPDX-License-Identifier: MIT
-- Aio with buffers that are kept, and one request that fails by itself.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
struct sigev { void *v; int signo, notify; int pad[12]; };
struct aiocb { int fd, opcode, prio; volatile void *buf; size_t n; struct sigev ev;
  void *next; int absprio, policy, err; ssize_t ret; long off; char pad[32]; };
int aio_read(struct aiocb *a); int aio_error(const struct aiocb *a); ssize_t aio_return(struct aiocb *a);
int aio_suspend(const struct aiocb *const list[], int n, const void *t);
int open(const char *p, int f, ...);
]]
local fd = C.open(arg[0], 0)
local function read(n, off, address)
    local cb = ffi.new("struct aiocb")
    local buf = ffi.new("char[?]", n)
    cb.fd, cb.buf, cb.n, cb.off, cb.ev.notify = fd, address or buf, n, off, 1
    assert(C.aio_read(cb) == 0)
    C.aio_suspend(ffi.new("const struct aiocb *[1]", cb), 1, nil)
    local err = C.aio_error(cb)
    local got = tonumber(C.aio_return(cb))
    return err, got, got > 0 and ffi.string(buf, got) or ""
end
print(read(7, 0)); print(read(5, 2)); print(read(4, 0, ffi.cast("void *", 16)))
