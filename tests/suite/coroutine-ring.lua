local n, passes = 100, 4000
local ring, log = {}, {}
for i = 1, n do
    ring[i] = coroutine.wrap(function(token)
        while true do
            if token % 997 == 0 then log[#log + 1] = i .. '@' .. token end
            token = coroutine.yield(token + 1)
        end
    end)
end
local token, at = 1, 1
for _ = 1, passes do
    token = ring[at](token)
    at = at % n + 1
end
print(token, table.concat(log, ' '))
local function permutations(a, k)
    if k == 0 then coroutine.yield(a) return end
    for i = 1, k do
        a[k], a[i] = a[i], a[k]
        permutations(a, k - 1)
        a[k], a[i] = a[i], a[k]
    end
end
local count, sum = 0, 0
for a in coroutine.wrap(function() permutations({ 1, 2, 3, 4, 5, 6 }, 6) end) do
    count, sum = count + 1, (sum * 7 + a[1] * a[6]) % 10007
end
print(count, sum)
