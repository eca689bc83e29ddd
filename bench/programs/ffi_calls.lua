-- SPDX-License-Identifier: MIT
-- group: ffi
-- C calls with buffers, structs and strings as arguments and results
local ffi = require("ffi")
ffi.cdef [[
    struct bench_div { int quot, rem; };
    struct bench_div div(int n, int d);
    int snprintf(char *out, size_t size, const char *format, ...);
    void *memchr(const void *s, int c, size_t n);
    long strtol(const char *s, char **end, int base);
]]
local C = ffi.C
local out, total = ffi.new("char[64]"), 0
for i = 1, 2e5 do
    local n = C.snprintf(out, 64, "%d:%d", ffi.cast("int", i), ffi.cast("int", i % 97))
    local colon = ffi.cast("char *", C.memchr(out, 58, n))
    local rest = ffi.new("char *[1]")
    total = total + tonumber(C.strtol(colon + 1, rest, 10)) + (rest[0] - out)
    local parts = C.div(i, 7)
    total = total + parts.quot + parts.rem + #ffi.string(out, colon - out)
end
print(total)
