-- SPDX-License-Identifier: MIT
-- schedule: a ring of slots, each of which leads to the next, is let go as a whole
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct slot { struct slot *next, *previous; int load; } slot_t;
]]

local Ring = {}
Ring.__index = Ring

local function slot()
    local new = ffi.cast("slot_t *", C.malloc(ffi.sizeof("slot_t")))
    new.next, new.previous, new.load = new, new, 0
    return new
end

function Ring.new(n)
    local first = slot()
    for _ = 2, n do
        local new = slot()
        new.next, new.previous = first, first.previous
        first.previous.next = new
        first.previous = new
    end
    return setmetatable({ current = first, n = n }, Ring)
end

function Ring:put(load)
    self.current.load = self.current.load + load
    self.current = self.current.next
end

function Ring:total()
    local sum = 0
    for _ = 1, self.n do
        sum = sum + self.current.load
        self.current = self.current.next
    end
    return sum
end

function Ring:close()
    for _ = 1, self.n do
        local following = self.current.next
        C.free(self.current)
        self.current = following
    end
    self.current = nil
end

local sum = 0
for day = 1, 6 do
    local ring = Ring.new(day + 2)
    for i = 1, 20 do ring:put(i) end
    sum = sum + ring:total()
    ring:close()
end
print(sum)
