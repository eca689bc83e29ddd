-- SPDX-License-Identifier: MIT
-- group: alloc
-- closures: functions that keep variables of their makers
local function counter(start, step)
    local n = start
    return function(by) n = n + step * (by or 1) return n end, function() return n end
end
local sum = 0
for i = 1, 25e5 do
    local add, get = counter(i, 2)
    add() add(i % 5)
    sum = sum + get()
end
print(sum)
