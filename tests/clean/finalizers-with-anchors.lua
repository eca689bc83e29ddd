-- SPDX-License-Identifier: MIT
-- finalizers that use other objects, which are kept for them, and a buffer that they share
local ffi = require("ffi")
ffi.cdef [[
struct anchored_pool { int n_open; char text[64]; };
struct anchored_item { struct anchored_pool *pool; const char *name; int id; };
int snprintf(char *out, size_t size, const char *format, ...);
]]

local scratch = ffi.new("char[64]")
local anchors, n_closed = {}, 0
local Item = ffi.metatype("struct anchored_item", {
    __gc = function(self)
        ffi.C.snprintf(scratch, 64, "%s %d", self.name, ffi.cast("int", self.id))
        self.pool.n_open = self.pool.n_open - 1
        ffi.copy(self.pool.text, scratch, 64)
        n_closed = n_closed + 1
        anchors[self.id] = nil
    end,
})

local function pool_of(n)
    local pool = ffi.new("struct anchored_pool")
    for i = 1, n do
        local id, name = #anchors + 1, "item " .. i
        local item = Item(pool, name, id)
        anchors[id] = { pool, name }
        pool.n_open = pool.n_open + 1
        assert(item.id == id)
    end
    return n
end

-- A parent's finalizer ends its child, which only the parent's owner keeps.
local Session = {}
Session.__index = Session
local function session(i)
    local child = ffi.new("int[4]", i)
    local parent = ffi.gc(ffi.new("int *[1]", child), function(p)
        p[0][1] = p[0][1] + 1
        assert(child[0] == i)
    end)
    return setmetatable({ parent = parent, child = child }, Session)
end

local n = 0
for i = 1, 60 do
    n = n + pool_of(5)
    local s = session(i)
    n = n + s.child[0]
end
local rows = {}
for i = 1, 3000 do rows[i % 11] = { i, "row " .. i } end
print(n, #rows)
