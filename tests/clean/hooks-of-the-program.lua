-- SPDX-License-Identifier: MIT
-- The program's own hooks: what they see, what gethook returns, and that they can be taken off.
print(debug.gethook())

local lines = {}
local function watched(n)
    local sum = 0
    for i = 1, n do
        sum = sum + i
    end
    return sum
end

local function on_line(event, line) lines[#lines + 1] = line end
debug.sethook(on_line, "l")
local sum = watched(3)
debug.sethook()
print(sum, #lines, lines[2] - lines[1], debug.gethook())

local calls, returns = 0, 0
debug.sethook(function(event)
    if event == "call" or event == "tail call" then calls = calls + 1 else returns = returns + 1 end
end, "cr")
local hook, mask, count = debug.gethook()
watched(1)
watched(2)
debug.sethook()
print(type(hook), mask, count, calls, returns)

jit.off()
local ticks = 0
debug.sethook(function() ticks = ticks + 1 end, "", 100)
for i = 1, 2000 do local t = i * 2 end
debug.sethook()
print(ticks > 5, debug.gethook())

local co = coroutine.create(function() coroutine.yield(debug.gethook()) end)
print(coroutine.resume(co))
