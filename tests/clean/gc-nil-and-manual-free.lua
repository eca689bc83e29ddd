-- SPDX-License-Identifier: MIT
-- ffi.gc(p, nil) takes the finalizer off before free() by hand.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local Buffer, freed = {}, { hand = 0, collector = 0 }
Buffer.__index = Buffer

local function finalize(p)
    freed.collector = freed.collector + 1
    C.free(p)
end

function Buffer.new(size)
    local p = ffi.gc(ffi.cast("uint8_t *", C.malloc(size)), finalize)
    ffi.fill(p, size, size % 256)
    return setmetatable({ p = p, size = size }, Buffer)
end

function Buffer:free()
    ffi.gc(self.p, nil)
    C.free(self.p)
    self.p, freed.hand = nil, freed.hand + 1
end

local sum, kept = 0, {}
for i = 1, 60 do
    local buffer = Buffer.new(i * 8)
    sum = sum + buffer.p[i]
    if i % 2 == 0 then buffer:free() else kept[#kept + 1] = buffer end
end
for _, buffer in ipairs(kept) do sum = sum + buffer.p[buffer.size - 1] end
print(sum, freed.hand, #kept, freed.collector)
