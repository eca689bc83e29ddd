-- SPDX-License-Identifier: MIT
-- Temporaries that live exactly as long as the call.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ int snprintf(char *, size_t, const char *, ...); char *strcpy(char *, const char *); size_t strlen(const char *); int memcmp(const void *, const void *, size_t); ]]
local function fmt(x) local b = ffi.new("char[32]"); return ffi.string(b, C.snprintf(b, 32, "%d-%s", ffi.cast("int", x), "y" .. x)) end
local function cmp(a, b) return C.memcmp(ffi.new("int[2]", a, 1), ffi.new("int[2]", b, 1), 8) end
local function len(s) return tonumber(C.strlen(ffi.new("char[?]", #s + 1, s))) end
local out = {}
for i = 1, 80 do out[i % 4 + 1] = fmt(i) .. cmp(i, i) .. len(("z"):rep(i % 9)) end
print(table.concat(out, " "))
