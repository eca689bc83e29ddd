-- SPDX-License-Identifier: MIT
-- Finalizers run once each, and at the end for everything that is left.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
]]

local alive, made = 0, 0

local function object(n)
    local p = ffi.cast("int *", C.calloc(n, 4))
    alive, made = alive + 1, made + 1
    return ffi.gc(p, function(q)
        alive = alive - 1
        C.free(q)
    end)
end

local proxies = {}
for i = 1, 200 do
    local p = object(i)
    p[i - 1] = i
    if i % 10 == 0 then proxies[#proxies + 1] = p end
end
local sum = 0
for i, p in ipairs(proxies) do sum = sum + p[i * 10 - 1] end
collectgarbage()
collectgarbage()
print(made, alive == #proxies, sum)
proxies = nil
collectgarbage()
print(alive)
