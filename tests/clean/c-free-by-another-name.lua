-- SPDX-License-Identifier: MIT
-- malloc of one namespace, free of another; and functions fetched as pointers.
local ffi = require("ffi")
local libc = ffi.load("libc.so.6")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
char *strdup(const char *text);
void free(void *p);
void *dlsym(void *handle, const char *name);
typedef void (*free_fn)(void *p);
typedef void *(*malloc_fn)(size_t size);
]]

local by_name = ffi.cast("free_fn", C.dlsym(nil, "free"))
local make = ffi.cast("malloc_fn", C.dlsym(nil, "malloc"))
local frees = { C.free, libc.free, by_name, ffi.cast("free_fn", C.free) }
local makes = {
    C.malloc, libc.malloc, make,
    function(n) return C.calloc(1, n) end,
    function(n) return libc.strdup(("x"):rep(n)) end,
}

local n = 0
for round = 1, 30 do
    for _, new in ipairs(makes) do
        for _, free in ipairs(frees) do
            local p = ffi.cast("char *", new(round * 7))
            p[0] = round
            n = n + p[0]
            free(p)
        end
    end
end
for i = 1, 40 do ffi.gc(C.malloc(i), libc.free) end
print(n)
