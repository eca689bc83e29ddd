-- SPDX-License-Identifier: MIT
-- finalizers and the program count in one struct, which is read between allocations
local ffi = require("ffi")
ffi.cdef [[
struct stats { int live, opened, closed; double bytes; };
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local stats = ffi.new("struct stats")

local function open(size)
    stats.live = stats.live + 1
    stats.opened = stats.opened + 1
    stats.bytes = stats.bytes + size
    local handle = ffi.gc(C.malloc(size), function(p)
        stats.live = stats.live - 1
        stats.closed = stats.closed + 1
        stats.bytes = stats.bytes - size
        C.free(p)
    end)
    local label = { "handle " .. stats.opened, "size " .. size }
    assert(stats.live >= 1 and stats.live <= stats.opened, label[1])
    assert(stats.live == stats.opened - stats.closed)
    return handle, label
end

local kept = {}
for i = 1, 400 do
    local handle, label = open(16 + i % 40)
    kept[i % 5 + 1] = { handle, label }
end
print(stats.opened, stats.live + stats.closed)
