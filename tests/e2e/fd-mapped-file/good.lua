-- SPDX-License-Identifier: MIT
-- mapped: counts the lines of a file that is mapped into memory
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
void *mmap(void *address, size_t size, int protection, int flags, int fd, long at);
int munmap(void *address, size_t size);
]]

local PROT_READ, MAP_PRIVATE = 1, 2
local failed = ffi.cast("void *", -1)

local function open(path)
    local file = assert(io.open(path, "rb"))
    return C.fileno(file), file:seek("end"), file
end

local function count_lines(path)
    local fd, size, file = open(path)
    local names = {}
    for i = 1, 50 do names[i] = path .. "#" .. i end
    local data = C.mmap(nil, size, PROT_READ, MAP_PRIVATE, fd, 0)
    assert(file:close())
    if data == failed then return nil, #names end
    local n = 0
    for line in ffi.string(data, size):gmatch("[^\n]+") do n = n + #line / #line end
    C.munmap(data, size)
    return n, #names
end

print(count_lines("/etc/passwd"))
