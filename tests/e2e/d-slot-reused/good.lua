-- SPDX-License-Identifier: MIT
-- modes: the library's idle hook is exchanged, and the old one freed, in the wrong order
local ffi = require("ffi")
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
event_fn event_set_idle_hook(event_fn hook);
int event_idle(int rounds);
]]

local Modes = {}

function Modes.enter(weight)
    local current = ffi.cast("event_fn", function(round) return round * weight end)
    return events.event_set_idle_hook(current)
end

-- Leaves the library with the hook that it had before.
function Modes.with(weight, rounds)
    local before = Modes.enter(weight)
    local sum = events.event_idle(rounds)
    events.event_set_idle_hook(before)
    return sum
end

Modes.enter(1)
print("slow", events.event_idle(4))
print("fast", Modes.with(10, 4))
local ok, sum = pcall(function() return (events.event_idle(4)) end)
print("idle", ok and sum)
