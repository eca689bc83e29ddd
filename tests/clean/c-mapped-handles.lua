-- SPDX-License-Identifier: MIT
-- Shared memory holds handles of live objects, and stale ones that are overwritten before use.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct slot { uint64_t gen; void *obj; } slot;
typedef struct obj { int id, n; } obj;
void *mmap(void *a, size_t n, int prot, int flags, int fd, long off); int munmap(void *, size_t);
]]
local shm = ffi.cast("slot *", C.mmap(nil, 4096, 3, 0x21, -1, 0))
local live = {}
local function put(i, id)
    local o = ffi.new("obj", id, 0)
    live[i] = o
    shm[i].gen = shm[i].gen + 1
    shm[i].obj = o
end
for round = 1, 40 do
    for i = 0, 15 do if (i + round) % 3 == 0 then put(i, round * i) end end
end
local sum = 0
for i = 0, 15 do sum = sum + ffi.cast("obj *", shm[i].obj).id + tonumber(shm[i].gen) end
print(sum, C.munmap(shm, 4096))
