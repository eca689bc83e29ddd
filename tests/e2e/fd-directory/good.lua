-- SPDX-License-Identifier: MIT
-- within: runs a function in another directory, which is kept open
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct __dirstream DIR;
DIR *opendir(const char *path);
int closedir(DIR *directory);
int dirfd(DIR *directory);
int fchdir(int fd);
char *getcwd(char *data, size_t size);
]]

local function open(path)
    local directory = ffi.gc(C.opendir(path), C.closedir)
    assert(directory ~= nil, path)
    return C.dirfd(directory), directory
end

local function here()
    local data = ffi.new("char[4096]")
    return ffi.string(C.getcwd(data, 4096))
end

local function within(path, run)
    local fd, directory = open(path)
    local before = here()
    if C.fchdir(fd) ~= 0 then return "not entered" end
    local result = run()
    assert(#before > 0)
    return result, C.dirfd(directory) == fd and nil
end

print(within("/usr", function() return here() end))
