-- SPDX-License-Identifier: MIT
-- source: opens a file by a path kept in a C struct
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct source { const char *path; int fd; };
int open(const char *path, int flags, ...);
ssize_t read(int fd, void *buf, size_t size);
int close(int fd);
]]

local Source = {}
Source.__index = Source

function Source.new(directory, name)
    local self = setmetatable({ c = ffi.new("struct source"), bytes = 0 }, Source)
    self.path = directory .. "/" .. name
    self.c.path = self.path
    self.c.fd = -1
    return self
end

function Source:open()
    self.c.fd = C.open(self.c.path, 0)
    if self.c.fd < 0 then return nil, ("cannot open: errno %d"):format(ffi.errno()) end
    return self
end

function Source:count()
    local buf = ffi.new("char[256]")
    repeat
        local n = tonumber(C.read(self.c.fd, buf, 256))
        self.bytes = self.bytes + n
    until n <= 0
    C.close(self.c.fd)
    return self.bytes
end

local sources = {}
for i, name in ipairs({ "null", "no-such-device", "zero/nothing" }) do
    sources[i] = Source.new("/dev", name)
end
for i, source in ipairs(sources) do
    local opened, why = source:open()
    print(i, opened and opened:count() or why)
end
