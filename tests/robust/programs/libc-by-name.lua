-- The same functions by different ways: each frees what the other has allocated.
local ffi = require 'ffi'
ffi.cdef [[
void *malloc(size_t); void *realloc(void *, size_t); void free(void *); char *strdup(const char *);
void *dlopen(const char *, int); void *dlsym(void *, const char *); int dlclose(void *);
]]
local C, libc = ffi.C, ffi.load('libc.so.6')
local handle = C.dlopen('libc.so.6', 1)
local found = ffi.cast('void (*)(void *)', C.dlsym(handle, 'free'))
local everywhere = ffi.cast('void (*)(void *)', C.dlsym(nil, 'free'))
local frees = { C.free, libc.free, found, everywhere }
local texts = { C.strdup, libc.strdup }
local sum = 0
for i = 1, 400 do
    local p = C.realloc(libc.malloc(i), i + 10)
    p = ffi.cast('char *', libc.realloc(p, i * 3))
    ffi.fill(p, i * 3, i % 100)
    sum = sum + p[i * 3 - 1]
    frees[i % 4 + 1](p)
    local text = texts[i % 2 + 1]('text ' .. i)
    sum = sum + #ffi.string(text)
    frees[(i + 1) % 4 + 1](text)
    local owned = ffi.gc(libc.malloc(i), i % 2 == 0 and C.free or libc.free)
end
print(sum, C.dlclose(handle))
