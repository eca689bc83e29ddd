-- SPDX-License-Identifier: MIT
-- world: the selected unit is a reference into an array that grows
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int hp; int xp; } unit; ]]
local World = { sel = nil, units = nil, n = 0 }
function World:spawn(k)
    local old = self.units
    local new = ffi.new("unit[?]", self.n + k)
    if old then ffi.copy(new, old, self.n * ffi.sizeof("unit")) end
    for i = self.n, self.n + k - 1 do new[i].hp = 10 + i end
    self.units, self.n = new, self.n + k
    if self.seli then self.sel = new[self.seli] end
end
function World:select(i) self.sel, self.seli = self.units[i], i end
function World:hit(d) self.sel.hp = self.sel.hp - d; return self.sel.hp end
World:spawn(4)
World:select(2)
print(World:hit(3))
World:spawn(4)
print(World:hit(3))
