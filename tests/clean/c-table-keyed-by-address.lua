-- SPDX-License-Identifier: MIT
-- What is known of C blocks lies in tables keyed by their address, and goes when they are freed.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local sizes, names = {}, {}

local function key(p) return tonumber(ffi.cast("uintptr_t", p)) end

local function allocate(size, name)
    local p = C.malloc(size)
    sizes[key(p)], names[tostring(p)] = size, name
    return p
end

local function release(p)
    local size = sizes[key(p)]
    C.free(p)
    sizes[key(p)], names[tostring(p)] = nil, nil
    return size
end

local live, bytes = {}, 0
for i = 1, 400 do
    live[#live + 1] = allocate(i % 90 + 1, "block" .. i)
    if i % 3 == 0 then bytes = bytes + release(table.remove(live, 1)) end
end
for _, p in ipairs(live) do bytes = bytes + release(p) end
print(bytes, next(sizes), next(names))
