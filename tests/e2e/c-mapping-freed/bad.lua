-- SPDX-License-Identifier: MIT
-- buffers: large ones are mapped, and freed as if they were small
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
void *mmap(void *address, size_t size, int protection, int flags, int fd, long offset);
int munmap(void *address, size_t size);
]]

local LARGE, READ_WRITE, PRIVATE_ANONYMOUS = 65536, 3, 0x22

local Buffer = {}
Buffer.__index = Buffer

function Buffer.new(size)
    local bytes
    if size >= LARGE then
        bytes = C.mmap(nil, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
    else
        bytes = C.malloc(size)
    end
    return setmetatable({ bytes = ffi.cast("uint8_t *", bytes), size = size }, Buffer)
end

function Buffer:close()
    C.free(self.bytes)
end

for _, size in ipairs({ 100, 131072 }) do
    local buffer = Buffer.new(size)
    buffer.bytes[size - 1] = 1
    print(buffer.size)
    buffer:close()
end
