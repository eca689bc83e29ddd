-- SPDX-License-Identifier: MIT
-- Finalizers that refer to much, but not to their own objects: the owner's child, a pool, a
-- counter, themselves, all finalizers of a type, an object that has no other anchor.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct { int id; void *memory; } others_t;
]]

local stats = { freed = 0, children = 0 }
local pool = {}

local function with_parent(id)
    local parent = ffi.gc(ffi.new("others_t", id), function(p)
        stats.freed = stats.freed + p.id - p.id + 1
    end)
    return ffi.gc(ffi.new("others_t", -id), function(child)
        stats.children = stats.children + 1
        parent.id = parent.id + child.id
    end)
end

local function pooled(id)
    local p = table.remove(pool) or ffi.new("others_t")
    return ffi.gc(ffi.cast("others_t *", p), function()
        pool[#pool + 1] = p
    end)
end

local function recursive(id)
    local function release(p, n)
        if n == 0 then C.free(p.memory) else return release(p, n - 1) end
    end
    return ffi.gc(ffi.new("others_t", id, C.malloc(8)), function(p) release(p, 3) end)
end

local live = 0
local counted_t = ffi.metatype("struct { int id; void *memory; }", {
    __gc = function(p)
        live = live - 1
        C.free(p.memory)
    end,
})

local sum = 0
for i = 1, 200 do
    local child, q, r = with_parent(i), pooled(i), recursive(i)
    local c = counted_t(i, C.malloc(4))
    live = live + 1
    q.id = i % 100
    sum = sum + child.id + q.id + r.id + c.id
end
print(sum)
