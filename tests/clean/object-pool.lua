-- SPDX-License-Identifier: MIT
-- A pool hands out slots of one large array and takes them back.
local ffi = require("ffi")

ffi.cdef[[ struct vec { double x, y; struct vec *next_free; }; ]]

local Pool = {}
Pool.__index = Pool

function Pool.new(n)
    local slots = ffi.new("struct vec[?]", n)
    for i = 0, n - 2 do slots[i].next_free = slots + i + 1 end
    return setmetatable({ slots = slots, free = slots + 0, taken = 0 }, Pool)
end

function Pool:take(x, y)
    local slot = self.free
    assert(slot ~= nil, "pool is empty")
    self.free, slot.next_free = slot.next_free, nil
    slot.x, slot.y = x, y
    self.taken = self.taken + 1
    return slot
end

function Pool:give(slot)
    slot.next_free, self.free = self.free, slot
    self.taken = self.taken - 1
end

local pool, live, sum = Pool.new(16), {}, 0
for i = 1, 3000 do
    live[#live + 1] = pool:take(i, -i)
    if #live == 12 then
        for k = 1, 6 do
            local v = table.remove(live, 1 + (i * k) % #live)
            sum = sum + v.x + v.y + k
            pool:give(v)
        end
    end
end
print(sum, pool.taken, #live)
