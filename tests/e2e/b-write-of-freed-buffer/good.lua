-- SPDX-License-Identifier: MIT
-- spool: a buffer is handed to write(2) after it went back to malloc
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
size_t strlen(const char *text);
long write(int fd, const void *data, size_t size);
int open(const char *path, int flags, ...);
int close(int fd);
]]

local Spool = {}
Spool.__index = Spool

function Spool.open(path)
    return setmetatable({ fd = C.open(path, 1), waiting = {} }, Spool)
end

function Spool:add(text)
    local copy = C.strdup(text)
    self.waiting[#self.waiting + 1] = { data = copy, size = C.strlen(copy) }
    return copy
end

function Spool:flush()
    local sent = 0
    for _, item in ipairs(self.waiting) do
        sent = sent + tonumber(C.write(self.fd, item.data, item.size))
        C.free(item.data)
    end
    self.waiting = {}
    return sent
end

local spool = Spool.open("/dev/null")
for i = 1, 5 do
    local line = spool:add(("line %d of the spool\n"):format(i))
    assert(line ~= nil)
end
print(spool:flush())
C.close(spool.fd)
