-- SPDX-License-Identifier: MIT
-- Objects that close their descriptor when they are collected, and are used as long as they live.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct fd_owner { int fd; };
int open(const char *path, int flags, ...);
int close(int fd);
ssize_t pread(int fd, void *data, size_t size, long at);
typedef struct _IO_FILE FILE;
FILE *fdopen(int fd, const char *mode);
char *fgets(char *data, int size, FILE *stream);
int fclose(FILE *stream);
]]

local Owner = ffi.metatype("struct fd_owner", {
    __gc = function(self) C.close(self.fd) end,
    __index = {
        first = function(self)
            local data = ffi.new("char[8]")
            return ffi.string(data, C.pread(self.fd, data, 4, 0))
        end,
    },
})

local texts = {}
for i = 1, 40 do
    local owner = Owner(C.open("/etc/passwd", 0))
    texts[#texts + 1] = owner:first()
    local stream = ffi.gc(C.fdopen(C.open("/etc/passwd", 0), "r"), C.fclose)
    local line = ffi.new("char[64]")
    texts[#texts + 1] = ffi.string(C.fgets(line, 5, stream))
    local file = io.open("/etc/passwd")
    texts[#texts + 1] = file:read(4)
end
print(#table.concat(texts))
