-- SPDX-License-Identifier: MIT
-- what the main function has until the end: C memory, in an array that C memory leads back to
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[ void *malloc(size_t n); ]]

local Ring = {}
Ring.__index = Ring
function Ring.new(n)
    local slots = ffi.new("uintptr_t[?]", n)
    local self = setmetatable({ slots = slots, at = ffi.cast("void ***", slots), n = n }, Ring)
    for i = 0, n - 1 do
        local block = ffi.cast("void **", C.malloc(32))
        block[0], block[1] = slots, slots + i -- back to the ring
        self.at[i] = block
    end
    return self
end

function Ring:is_linked(i)
    local block = self.at[i]
    return block[0] == ffi.cast("void *", self.slots)
end

local ring = Ring.new(8)
local n = 0
for i = 0, 7 do n = n + (ring:is_linked(i) and 1 or 0) end
print(n)
