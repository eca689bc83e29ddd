-- SPDX-License-Identifier: MIT
-- group: ffi
-- FFI buffers and pointers: variable-length arrays, casts, copies, C calls
local ffi = require("ffi")
ffi.cdef [[ size_t strlen(const char *s); void *memcpy(void *d, const void *s, size_t n); ]]
local C, total = ffi.C, 0
for i = 1, 6e6 do
    local n = 16 + i % 48
    local buf = ffi.new("char[?]", n + 1)
    ffi.fill(buf, n, 65 + i % 26)
    local p = ffi.cast("const char *", buf)
    total = total + tonumber(C.strlen(p)) + #ffi.string(buf, 4)
end
print(total)
