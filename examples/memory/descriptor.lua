-- SPDX-License-Identifier: MIT
-- The size of a file by lseek(2), on the descriptor of a Lua file.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
long lseek(int fd, long offset, int whence);
]]

local function open(path)
    local file = assert(io.open(path, "rb"))
    return C.fileno(file), arg[1] == "fixed" and file or nil
end

local fd, file = open(arg[0])
local names = { "end of", arg[0] }
local size = tonumber(C.lseek(fd, 0, 2))
print(table.concat(names, " "), size)
