-- SPDX-License-Identifier: MIT
-- strdup, asprintf and realloc from Lua, freed by hand and by finalizers
local ffi = require("ffi")
ffi.cdef [[
    char *strdup(const char *); void free(void *); void *realloc(void *, size_t);
    int asprintf(char **, const char *, ...);
]]
local C, out, total = ffi.C, ffi.new("char *[1]"), 0
for i = 1, 12e5 do
    local copy = C.strdup("a text that is copied")
    local owned = ffi.gc(C.strdup("another one"), C.free)
    total = total + C.asprintf(out, "%s %d", copy, ffi.cast("int", i)) + owned[0]
    out[0] = C.realloc(out[0], 100)
    C.free(out[0])
    C.free(copy)
end
print(total)
