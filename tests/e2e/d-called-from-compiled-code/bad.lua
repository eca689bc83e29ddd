-- SPDX-License-Identifier: MIT
-- ticker: polls an event library in a hot loop; a timer calls back only once in a while
jit.on()
local ffi = require("ffi")
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
int event_timer_add(int delay, event_fn function, void *context);
int event_timers_advance(int ticks);
]]

local Ticker = { fired = 0 }

function Ticker.start(delay)
    Ticker.callback = ffi.cast("event_fn", function()
        Ticker.fired = Ticker.fired + 1
        return 0
    end)
    events.event_timer_add(delay, Ticker.callback, nil)
end

function Ticker.run(ticks)
    local n = 0
    for _ = 1, ticks do n = n + events.event_timers_advance(1) end
    return n
end

Ticker.start(700)
print("ran out", Ticker.run(1000), Ticker.fired)
