-- SPDX-License-Identifier: MIT
-- compare: do two files begin alike?  One is read through its descriptor, the other by Lua
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
ssize_t pread(int fd, void *data, size_t size, long at);
]]

local function open(path, size)
    local file = assert(io.open(path, "rb"))
    return { fd = C.fileno(file), size = size }
end

local function head(self)
    local data = ffi.new("char[?]", self.size)
    local n = C.pread(self.fd, data, self.size, 0)
    return n > 0 and ffi.string(data, n) or ""
end

local function begin_alike(a, b, size)
    local first = open(a, size)
    local words = {}
    for i = 1, 30 do words[i] = ("%s %d"):format(a, i) end
    local second = assert(io.open(b, "rb"))
    local is_alike = head(first) == second:read(size)
    second:close()
    return is_alike, #words
end

print(begin_alike("/etc/passwd", "/etc/group", 40))
