-- SPDX-License-Identifier: MIT
-- histogram: a table of counters for each text, on malloc, in a loop that is compiled
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
]]

local function spread(seed)
    local counts = ffi.cast("int32_t *", C.calloc(16, 4))
    for i = 1, 64 do
        local slot = (seed * i) % 16
        counts[slot] = counts[slot] + 1
    end
    local used = 0
    for i = 0, 15 do if counts[i] > 0 then used = used + 1 end end
    return used
end

local sum = 0
for seed = 1, 300 do sum = sum + spread(seed) end
print(sum)
