-- SPDX-License-Identifier: MIT
-- A hash table keyed by the numbers of addresses, some of objects that are gone.
local ffi = require("ffi")

local counts, live = {}, {}

local function key(object) return tonumber(ffi.cast("uintptr_t", ffi.cast("void *", object))) end

local function visit(object)
    local k = key(object)
    counts[k] = (counts[k] or 0) + 1
    return counts[k]
end

for i = 1, 20 do live[i] = ffi.new("int[4]", i) end
for round = 1, 50 do
    for i = 1, 20 do visit(live[i]) end
    for _ = 1, 10 do visit(ffi.new("int[4]", round)) end
end

local exact, sum = 0, 0
for i = 1, 20 do
    if counts[key(live[i])] == 50 then exact = exact + 1 end
    sum = sum + live[i][0]
end
print(exact, sum)
