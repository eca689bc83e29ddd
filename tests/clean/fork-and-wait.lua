-- SPDX-License-Identifier: MIT
-- fork through the FFI: both sides go on allocating, the parent sees the child's status.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int fork(void);
int waitpid(int pid, int *status, int options);
void _exit(int status);
int pipe(int fds[2]);
ssize_t write(int fd, const void *data, size_t size);
ssize_t read(int fd, void *data, size_t size);
]]

local function work(n)
    local parts = {}
    for i = 1, n do parts[i] = ("%d"):format(i * i) end
    local copy = ffi.new("char[?]", 4096, table.concat(parts, ","))
    collectgarbage()
    return ffi.string(copy):sub(-12)
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
for round = 1, 3 do
    local pid = C.fork()
    if pid == 0 then
        local line = round .. ":" .. work(round * 100)
        C.write(fds[1], line, #line)
        C._exit(6 + round)
    end
    local status, buf = ffi.new("int[1]"), ffi.new("char[64]")
    C.waitpid(pid, status, 0)
    local n = C.read(fds[0], buf, 64)
    print(round, bit.rshift(status[0], 8), ffi.string(buf, n), work(round * 50))
end
