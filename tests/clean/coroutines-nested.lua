-- SPDX-License-Identifier: MIT
-- Coroutines inside coroutines, yields across pcall, errors and dead threads.
local function numbers(from, to)
    return coroutine.wrap(function()
        for i = from, to do coroutine.yield(i) end
    end)
end

local function pairs_of(n)
    return coroutine.wrap(function()
        for a in numbers(1, n) do
            for b in numbers(a, n) do coroutine.yield(a, b) end
        end
    end)
end

local count, sum = 0, 0
for a, b in pairs_of(25) do count, sum = count + 1, sum + a * b end
print(count, sum)

local co = coroutine.create(function(first)
    local ok, why = pcall(function()
        local second = coroutine.yield(first * 2)
        error({ code = second })
    end)
    local third = coroutine.yield(ok, why.code)
    error("gave up on " .. third, 0)
end)
print(coroutine.resume(co, 21))
print(coroutine.resume(co, "second"))
print(coroutine.resume(co, "third"))
print(coroutine.resume(co), coroutine.status(co))

local function nest(depth)
    if depth == 0 then return coroutine.running() ~= nil and "bottom" or "main" end
    return depth .. select(2, coroutine.resume(coroutine.create(nest), depth - 1))
end
print(nest(40))

local many = {}
for i = 1, 500 do
    many[i] = coroutine.create(function(x) while true do x = coroutine.yield(x + i) end end)
end
local total = 0
for round = 1, 5 do
    for i = 1, 500 do total = total + select(2, coroutine.resume(many[i], round)) end
end
print(total)
