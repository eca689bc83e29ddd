-- SPDX-License-Identifier: MIT
-- records: payloads at odd offsets of packed structs
local ffi = require("ffi")
ffi.cdef[[
#pragma pack(push, 1)
typedef struct { uint8_t kind; const char *label; uint16_t len; uint8_t *payload; } rec_t;
#pragma pack(pop)
]]
local Records = { n = 0, arr = ffi.new("rec_t[10]"), k = {} }
function Records:add(kind, bytes)
    local r = self.arr[self.n]
    local p = ffi.new("uint8_t[?]", #bytes)
    ffi.copy(p, bytes, #bytes)
    r.kind, r.label, r.len, r.payload = kind, "static", #bytes, p
    self.n = self.n + 1
end
function Records:sum()
    local s = 0
    for i = 0, self.n - 1 do
        local r = self.arr[i]
        for j = 0, r.len - 1 do s = s + r.payload[j] * r.kind end
    end
    return s
end
for i = 1, 6 do Records:add(i, ("%03d"):format(i)) end
print(Records:sum())
