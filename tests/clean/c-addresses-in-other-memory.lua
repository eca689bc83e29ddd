-- SPDX-License-Identifier: MIT
-- Addresses of C memory that are only in memory of an unusual kind: shared with a file, or such as
-- code may lie in, as the closures of libffi do.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *tmpfile(void);
int fileno(FILE *stream);
int fclose(FILE *stream);
int ftruncate(int fd, long length);
void *mmap(void *at, size_t size, int access, int flags, int fd, long offset);
int munmap(void *at, size_t size);
char *strdup(const char *text);
void free(void *block);
]]

local READ, WRITE, EXEC, SHARED, PRIVATE, ANONYMOUS = 1, 2, 4, 1, 2, 32
local SIZE, N = 8192, 40

local function map(access, flags, fd)
    local at = C.mmap(nil, SIZE, access, flags, fd, 0)
    return ffi.cast("intptr_t", at) ~= -1 and ffi.cast("char **", at) or nil
end

local file = C.tmpfile()
C.ftruncate(C.fileno(file), SIZE)
local tables = {
    map(READ + WRITE, SHARED, C.fileno(file)),
    map(READ + WRITE + EXEC, PRIVATE + ANONYMOUS, -1) or map(READ + WRITE, PRIVATE + ANONYMOUS, -1),
}
C.fclose(file)

local function keep(into, i) into[i] = C.strdup(("text %d"):format(i)) end

local function other_work(n)
    local parts = {}
    for i = 1, n do parts[i % 20] = { ffi.new("int[4]", i), ("part %d"):format(i) } end
    return #parts
end

for i = 0, N - 1 do
    for _, into in ipairs(tables) do keep(into, i) end
    other_work(200)
end

local length = 0
for _, from in ipairs(tables) do
    for i = 0, N - 1 do
        length = length + #ffi.string(from[i])
        C.free(from[i])
    end
    C.munmap(from, SIZE)
end
print(#tables, length)
