-- SPDX-License-Identifier: MIT
-- table of contents: entries of a mapped file are read after the file was unmapped
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *mmap(void *address, size_t size, int protection, int flags, int fd, long offset);
int munmap(void *address, size_t size);
int open(const char *path, int flags, ...);
int close(int fd);
typedef struct entry { uint32_t id, size; char name[8]; } entry;
]]

local archive = {}

function archive.open(path, size)
    local fd = C.open(path, 0)
    local map = C.mmap(nil, size, 1, 2, fd, 0)
    C.close(fd)
    return { map = map, size = size, entries = ffi.cast("const entry *", map) }
end

function archive.close(self)
    C.munmap(self.map, self.size)
    self.map = nil
end

local function name_of(self, i)
    local name = ffi.string(self.entries[i].name, 5)
    return name
end

local path = os.tmpname()
local file = assert(io.open(path, "w"))
for i = 1, 3 do
    file:write(ffi.string(ffi.new("entry", i, i * 100, "part" .. i), ffi.sizeof("entry")))
end
file:close()
local self = archive.open(path, 48)
os.remove(path)
archive.close(self)
print(name_of(self, 2))
