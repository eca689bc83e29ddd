-- SPDX-License-Identifier: MIT
-- a timer that belongs to a task in a coroutine goes with it, while it fires
local ffi = require("ffi")
ffi.cdef [[
struct timer { struct timer *next; int left, period, fired; };
void timer_start(struct timer *timer, int period);
void timer_cancel(struct timer *timer);
int timers_advance(void (*fire)(struct timer *timer));
]]
local lib = ffi.load("testsessions")

local Timers = { kept = {}, by_name = setmetatable({}, { __mode = "v" }), events = {} }

function Timers.start(name, period)
    local timer = ffi.new("struct timer")
    Timers.kept[#Timers.kept + 1] = timer
    lib.timer_start(timer, period)
    local reference = ffi.gc(ffi.cast("struct timer *", timer), lib.timer_cancel)
    Timers.by_name[name] = reference
    return reference
end

local fire = ffi.cast("void (*)(struct timer *)", function(timer)
    local events = Timers.events
    events[#events % 40 + 1] = { n = timer.fired, name = "timer " .. timer.period, seen = {} }
end)

local function task(name)
    return coroutine.wrap(function()
        local reference = Timers.start(name, 1)
        for _ = 1, 3 do coroutine.yield(lib.timers_advance(fire)) end
        reference = nil
        for _ = 1, 3 do coroutine.yield(lib.timers_advance(fire)) end
    end)
end

local n = 0
for i = 1, 20 do
    local step = task("task " .. i)
    for _ = 1, 6 do n = n + step() end
end
print(n > 0, #Timers.events > 0)
