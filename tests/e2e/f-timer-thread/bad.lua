-- SPDX-License-Identifier: MIT
-- timers: sleeping coroutines, which only the timer's C struct knows
local timers = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local Scheduler = { started = 0 }

function Scheduler.spawn(run, ...)
    local thread = coroutine.create(run)
    Scheduler.started = Scheduler.started + 1
    assert(coroutine.resume(thread, ...))
end

local function blink(led, n)
    for i = 1, n do timers.sleep(i + led) end
end

for led = 1, 3 do Scheduler.spawn(blink, led, 4) end
local due = {}
for i = 1, 4 do due[i] = timers.tick() end
print(Scheduler.started, table.concat(due, " "))
