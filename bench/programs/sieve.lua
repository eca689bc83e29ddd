-- SPDX-License-Identifier: MIT
-- group: little
-- little allocation: the sieve of Eratosthenes in a table
local n, primes = 1e6, 0
local composite = {}
for i = 1, n do composite[i] = false end
for _ = 1, 60 do
    primes = 0
    for i = 2, n do composite[i] = false end
    for i = 2, n do
        if not composite[i] then
            primes = primes + 1
            for k = i * i, n, i do composite[k] = true end
        end
    end
end
print(primes)
