-- SPDX-License-Identifier: MIT
-- The collector closes files whose numbers were asked for; others get the numbers, and are asked.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
int open(const char *path, int flags, ...);
int close(int fd);
ssize_t pread(int fd, void *data, size_t size, long at);
]]

local data = ffi.new("char[16]")
local function head(fd) return ffi.string(data, C.pread(fd, data, 4, 0)) end

local heads, numbers = 0, {}
for i = 1, 60 do
    local number = C.fileno(io.open("/etc/group")) -- not used again
    numbers[number] = true
    local file = assert(io.open("/etc/passwd"))
    heads = heads + #head(C.fileno(file))
    local fd = C.open("/etc/passwd", 0)
    heads = heads + #head(fd)
    C.close(fd)
    if i % 2 == 0 then file:close() end
end
print(heads, next(numbers) ~= nil)
