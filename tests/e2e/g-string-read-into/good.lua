-- SPDX-License-Identifier: MIT
-- frames from a pipe: a string of the right length serves as the buffer
local ffi = require("ffi")
ffi.cdef [[
int pipe(int fds[2]);
long read(int fd, void *buf, size_t n);
long write(int fd, const void *buf, size_t n);
]]
local C = ffi.C

local Reader = {}
Reader.__index = Reader

function Reader:frame(size)
    local room = ffi.new("char[?]", size)
    local n = C.read(self.fd, room, size)
    return ffi.string(room, n), tonumber(n)
end

local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
C.write(fds[1], "HEAD:0042 and the rest", 9)
local reader = setmetatable({ fd = fds[0] }, Reader)
local frame, n = reader:frame(9)
print(n, #frame)
