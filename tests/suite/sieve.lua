local ffi = require 'ffi'
local function primes(n)
    local marks, count, last = ffi.new('uint8_t[?]', n + 1), 0, 0
    for i = 2, n do
        if marks[i] == 0 then
            count, last = count + 1, i
            for k = i * i, n, i do marks[k] = 1 end
        end
    end
    return count, last
end
for _, n in ipairs { 10, 1000, 100000 } do print(n, primes(n)) end
local sum = 0
for i = 1, 500 do
    local count = primes(50 + i)
    sum = sum + count
end
print(sum)
