-- SPDX-License-Identifier: MIT
-- Descriptors that the program closes itself, asks for, duplicates, and keeps.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
int dup(int fd);
int close(int fd);
ssize_t read(int fd, void *data, size_t size);
ssize_t write(int fd, const void *data, size_t size);
long lseek(int fd, long at, int whence);
int fcntl(int fd, int command, ...);
]]

local EBADF, F_GETFD = 9, 1

local function own_descriptor(path)
    local file = assert(io.open(path, "r"))
    local fd = C.dup(C.fileno(file))
    return fd
end

local function size_of(path)
    local fd = own_descriptor(path)
    local size = tonumber(C.lseek(fd, 0, 2))
    C.close(fd)
    return size
end

-- Closed by hand, and used afterwards: the answer is what is asked for.
local function is_closed(path)
    local file = assert(io.open(path, "r"))
    local fd = C.fileno(file)
    file:close()
    return C.read(fd, ffi.new("char[4]"), 4) == -1 and ffi.errno() == EBADF
end

-- Which of the first descriptors are open?
local function count_open()
    local n = 0
    for fd = 0, 2 do if C.fcntl(fd, F_GETFD) ~= -1 then n = n + 1 end end
    for fd = 10, 300 do if C.fcntl(fd, F_GETFD) ~= -1 then n = n + 1000 end end
    return n
end

local sizes, closed = 0, 0
for _ = 1, 30 do
    sizes = sizes + size_of("/etc/hostname") - size_of("/etc/hostname")
    if is_closed("/etc/hostname") then closed = closed + 1 end
end
for _ = 1, 200 do assert(io.open("/etc/hostname")) end -- left to the collector
collectgarbage()
for fd = 10, 300 do C.close(fd) end -- as before an exec
print(sizes, closed, count_open())
