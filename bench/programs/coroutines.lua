-- SPDX-License-Identifier: MIT
-- group: alloc
-- coroutines: generators that are made, read and given up
local function numbers(from, to)
    return coroutine.wrap(function()
        for i = from, to do coroutine.yield(i) end
    end)
end
local sum = 0
for i = 1, 7e5 do
    local next_number = numbers(i, i + 9)
    for _ = 1, i % 10 do sum = sum + next_number() end
end
print(sum)
