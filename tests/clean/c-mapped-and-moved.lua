-- SPDX-License-Identifier: MIT
-- Memory that is mapped, moved, unmapped, mapped again, grown.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
void *mmap(void *a, size_t n, int prot, int flags, int fd, long off); int munmap(void *, size_t);
void *mremap(void *a, size_t old, size_t new, int flags, ...); int mprotect(void *, size_t, int);
]]
local total = 0
for i = 1, 60 do
    local p = C.mmap(nil, 8192, 3, 0x22, -1, 0)
    local w = ffi.cast("void **", p)
    local b = ffi.new("int[4]", i)
    w[0], w[1023] = b, b
    p = C.mremap(p, 8192, 65536, 1)
    w = ffi.cast("void **", p)
    total = total + ffi.cast("int *", w[0])[0]
    if i % 3 == 0 then C.mprotect(p, 4096, 0) end
    C.munmap(p, 65536)
    local junk = {}
    for j = 1, 50 do junk[j] = ffi.new("char[?]", 4000 + j) end
end
print(total)
