-- SPDX-License-Identifier: MIT
-- closures and coroutines
local sum = 0
for i = 1, 2e6 do
    local f = function(x) return x + i end
    sum = sum + f(i)
    if i % 10 == 0 then
        local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
        sum = sum + co(i) + co(2)
    end
end
print(sum)
