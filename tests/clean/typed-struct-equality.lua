-- SPDX-License-Identifier: MIT
-- Pointers compare, hash and print as ever.
local ffi = require("ffi")

ffi.cdef[[ struct item { int id; struct item *twin; }; ]]

local items = ffi.new("struct item[10]")
for i = 0, 9 do items[i].id, items[i].twin = i, items + (9 - i) end

local checks = 0
for i = 0, 9 do
    local twin = items[i].twin
    if twin == items + (9 - i) and twin.twin == items + i then checks = checks + 1 end
    if twin - items == 9 - i and twin.id == 9 - i then checks = checks + 1 end
    local same = ffi.cast("struct item *", items + (9 - i))
    if tostring(twin) == tostring(same) then checks = checks + 1 end
end
print(checks, ffi.cast("struct item *", nil) == nil, items[0].twin ~= nil)
