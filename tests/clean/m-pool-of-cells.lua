-- SPDX-License-Identifier: MIT
-- a pool of cells in C memory: finalizers push to the list of free ones
local ffi = require("ffi")
ffi.cdef [[
struct cell { int number; };
struct pool { int n_free; int free[64]; int owner[64]; };
struct cell_ref { int number; };
]]

local pool = ffi.new("struct pool")
for i = 0, 63 do
    pool.free[i] = 63 - i
    pool.n_free = i + 1
end

local Ref = ffi.metatype("struct cell_ref", {
    __gc = function(self)
        pool.owner[self.number] = -1
        pool.free[pool.n_free] = self.number
        pool.n_free = pool.n_free + 1
    end,
})

local function take(owner)
    if pool.n_free == 0 then collectgarbage() end
    local n = pool.n_free - 1
    local number = pool.free[n]
    pool.n_free = n
    pool.owner[number] = owner
    local ref = Ref(number)
    local label = { "cell " .. number, "owner " .. owner, {} }
    assert(pool.owner[number] == owner)
    assert(pool.n_free >= 0 and pool.n_free <= 63, label[1])
    return ref
end

local refs, taken = {}, 0
for i = 1, 600 do
    refs[i % 10 + 1] = take(i % 1000)
    taken = taken + 1
end
print(taken)
