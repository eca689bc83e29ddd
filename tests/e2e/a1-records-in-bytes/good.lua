-- SPDX-License-Identifier: MIT
-- records: structs laid over a byte buffer, with texts put together on the way
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int len; const char *p; } in_t; size_t strlen(const char *); ]]
local raw = ffi.new("uint8_t[64]")
local rec = ffi.cast("in_t *", raw)
local keep = {}
local function put(i, ...)
    local s = table.concat({ ... }, "-")
    keep[i] = s
    rec[i].len, rec[i].p = #s, s
end
put(0, "a", 1) put(1, "b", 2) put(2, "c", "long")
local n = 0
for i = 0, 2 do n = n + tonumber(ffi.C.strlen(rec[i].p)) end
print(n)
