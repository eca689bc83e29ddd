-- SPDX-License-Identifier: MIT
-- blocks that are handed to the kernel and to streams up to their last byte
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
struct iovec { const void *base; size_t size; };
FILE *fopen(const char *path, const char *mode);
size_t fwrite(const void *data, size_t size, size_t n, FILE *stream);
int fclose(FILE *stream);
int pipe(int fds[2]);
int close(int fd);
ssize_t write(int fd, const void *data, size_t size);
ssize_t writev(int fd, const struct iovec *parts, int n);
ssize_t read(int fd, void *data, size_t size);
void *malloc(size_t n);
void free(void *p);
]]

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
local total = 0
local function written(n) total = total + tonumber(n) end

local parts = ffi.new("struct iovec[2]")
for size = 1, 90 do
    local cdata = ffi.new("uint8_t[?]", size)
    local memory = C.malloc(size)
    ffi.fill(memory, size, size)
    local text = ("x"):rep(size)
    written(C.write(fds[1], cdata, size))
    written(C.write(fds[1], cdata + size - 1, 1))
    written(C.write(fds[1], memory, size))
    written(C.write(fds[1], text, size + 1)) -- with its NUL
    parts[0].base, parts[0].size = cdata, size
    parts[1].base, parts[1].size = memory, size
    written(C.writev(fds[1], parts, 2))
    C.free(memory)
    local room = ffi.new("char[?]", 4096)
    written(C.read(fds[0], room, 4096))
end
local records = ffi.new("struct { int32_t a, b, c; }[7]")
local stream = C.fopen("/dev/null", "w")
written(C.fwrite(records, 12, 7, stream))
written(C.fwrite(records[6], 12, 1, stream))
written(C.fwrite(records, 0, 1000, stream))
C.fclose(stream)
written(C.write(-1, records, 12))
print(total, ffi.errno())
C.close(fds[0])
C.close(fds[1])
