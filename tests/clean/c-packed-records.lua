-- SPDX-License-Identifier: MIT
-- Packed records in malloc: addresses of live objects at odd offsets, and numbers that look like some.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct { uint8_t tag; void *p; uint16_t crc; uint64_t hash; } __attribute__((packed)) rec;
void *malloc(size_t); void free(void *);
]]
local n = 40
local recs = ffi.cast("rec *", ffi.C.malloc(n * ffi.sizeof("rec")))
ffi.fill(recs, n * ffi.sizeof("rec"))
local objs = {}
for round = 1, 30 do
    local i = round % n
    local o = ffi.new("double[3]", round)
    objs[i] = o
    recs[i].tag, recs[i].p = 1, o
    recs[i].hash = ffi.cast("uint64_t", ffi.cast("void *", o)) -- a key for later, never used as an address
end
local s, keys = 0, {}
for i = 0, n - 1 do
    if recs[i].tag == 1 then
        s = s + ffi.cast("double *", recs[i].p)[0]
        keys[tostring(recs[i].hash)] = true
        objs[i], recs[i].p, recs[i].tag = nil, nil, 0
    end
end
local c = 0
for _ in pairs(keys) do c = c + 1 end
C.free(recs)
print(s, c > 0)
