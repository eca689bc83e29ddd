-- SPDX-License-Identifier: MIT
-- packets: memory of ffi.new is Lua's, and a finalizer gives it to free(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void free(void *p);
typedef struct { uint16_t type, length; uint8_t body[56]; } packet_t;
]]

local function packet(kind, body)
    local p = ffi.gc(ffi.new("packet_t"), C.free)
    p.type, p.length = kind, #body
    ffi.copy(p.body, body, math.min(#body, 56))
    return p
end

local sum = 0
for i = 1, 12 do
    local p = packet(i % 4, ("payload-%d"):format(i))
    sum = sum + p.length * p.type + p.body[0]
end
print(sum)
