-- SPDX-License-Identifier: MIT
-- a timer is cancelled by a proxy that goes while the timer fires
local ffi = require("ffi")
ffi.cdef [[
struct timer { struct timer *next; int left, period, fired; };
void timer_start(struct timer *timer, int period);
void timer_cancel(struct timer *timer);
int timers_advance(void (*fire)(struct timer *timer));
]]
local lib = ffi.load("testsessions")

local all = {}

local function every(period)
    local timer = ffi.new("struct timer")
    all[#all + 1] = timer
    lib.timer_start(timer, period)
    local guard = newproxy(true)
    getmetatable(guard).__gc = function() lib.timer_cancel(timer) end
    return guard
end

local log = {}
local fire = ffi.cast("void (*)(struct timer *)", function(timer)
    log[#log % 30 + 1] = { count = timer.fired, text = "fired " .. timer.fired .. " times" }
end)

local guards, n = {}, 0
for tick = 1, 200 do
    if tick % 3 == 0 then
        guards[#guards + 1] = every(1)
    end
    n = n + lib.timers_advance(fire)
end
print(n > 0, #log > 0)
