-- SPDX-License-Identifier: MIT
-- posix_memalign, aligned_alloc, memalign, valloc; the usable size; 100 MB; zeroes of calloc.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int posix_memalign(void **p, size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
size_t malloc_usable_size(void *p);
void free(void *p);
]]

local function is_aligned(p, alignment)
    return tonumber(ffi.cast("uintptr_t", p) % alignment) == 0
end

local cell = ffi.new("void *[1]")
for shift = 4, 16 do
    local alignment = bit.lshift(1, shift)
    for _, size in ipairs({ 1, 100, 5000, 70000 }) do
        assert(C.posix_memalign(cell, alignment, size) == 0 and is_aligned(cell[0], alignment))
        local others = { cell[0], C.aligned_alloc(alignment, size), C.memalign(alignment, size), C.valloc(size) }
        for _, p in ipairs(others) do
            assert(is_aligned(p, p == others[4] and 4096 or alignment))
            assert(C.malloc_usable_size(p) >= size)
            ffi.fill(p, size, shift)
            C.free(p)
        end
    end
end
assert(C.posix_memalign(cell, 3, 10) == 22)

for _, size in ipairs({ 24, 3000, 200000, 3000000 }) do
    for _ = 1, 4 do
        local p = ffi.cast("uint8_t *", C.calloc(size, 1))
        for i = 0, size - 1, 7 do assert(p[i] == 0) end
        ffi.fill(p, size, 255)
        C.free(p)
    end
end

for round = 1, 3 do
    local size = 100 * 2 ^ 20
    local p = ffi.cast("uint8_t *", C.malloc(size))
    p[0], p[size - 1] = round, round
    p = ffi.cast("uint8_t *", C.realloc(p, size * 2))
    assert(p[0] == round and p[size - 1] == round)
    C.free(p)
end
print("aligned, zero, large")
