-- SPDX-License-Identifier: MIT
-- retry: a timer per request, with a callback that goes when the answer is there
local ffi = require("ffi")
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
int event_timer_add(int delay, event_fn function, void *context);
void event_timer_cancel(int timer);
int event_timers_advance(int ticks);
]]

local retries = 0

local function request(id, delay)
    local callback
    callback = ffi.cast("event_fn", function()
        retries = retries + id
        return 0
    end)
    return { id = id, callback = callback, timer = events.event_timer_add(delay, callback, nil) }
end

local function answered(pending)
    events.event_timer_cancel(pending.timer)
    pending.callback:free()
end

local function wait(ticks)
    return (pcall(events.event_timers_advance, ticks))
end

local first, second = request(1, 5), request(2, 20)
wait(10)
answered(first)
answered(second)
wait(10)
print("retries", retries)
