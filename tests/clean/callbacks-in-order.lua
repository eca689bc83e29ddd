-- SPDX-License-Identifier: MIT
-- Callbacks that are taken back from C before they are freed, changed with set(), freed twice by
-- mistake (which is an error of Lua's), raise errors through C, and run in coroutines.
local ffi = require("ffi")
local C = ffi.C
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
event_fn event_set_idle_hook(event_fn hook);
int event_idle(int rounds);
int event_timer_add(int delay, event_fn function, void *context);
int event_timers_advance(int ticks);
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *a, const int *b));
]]

local hook = ffi.cast("event_fn", function(round) return round end)
events.event_set_idle_hook(hook)
print("idle", events.event_idle(4))
hook:set(function(round) return 2 * round end)
print("after set", events.event_idle(4))
events.event_set_idle_hook(nil)
hook:free()
print("freed twice", pcall(hook.free, hook))
print("set after free", pcall(hook.set, hook, print))
print("no callback", pcall(hook.free, ffi.cast("event_fn", 1)))
print("idle without", events.event_idle(4))

-- A timer that frees its own callback when it has run: C has forgotten it by then.
for i = 1, 50 do
    local callback
    callback = ffi.cast("event_fn", function()
        callback:free()
        return 0
    end)
    events.event_timer_add(i, callback, nil)
end
print("timers", events.event_timers_advance(100), events.event_timers_advance(100))

-- The freed slots are used again, in whatever order.
local sums, kept = 0, {}
for i = 1, 3000 do
    local callback = ffi.cast("event_fn", function(event) return event + i end)
    sums = sums + callback(1, nil)
    if i % 10 == 0 then kept[#kept + 1] = callback else callback:free() end
    if #kept == 200 then
        for k = 1, 200 do kept[k]:free() end
        kept = {}
    end
end
print("sums", sums, #kept)
for _, callback in ipairs(kept) do callback:free() end

-- Many at a time, twice: more than half of all slots.
for round = 1, 2 do
    local many, total = {}, 0
    for i = 1, 600 do many[i] = ffi.cast("event_fn", function() return i * round end) end
    for i = 1, 600 do total = total + many[i](0, nil) end
    for i = 600, 1, -1 do many[i]:free() end
    print("many", total)
end

local function sort(numbers, order)
    local array = ffi.new("int[?]", #numbers, numbers)
    local compare = ffi.cast("int (*)(const int *, const int *)", order)
    local ok, message = pcall(C.qsort, array, #numbers, 4, compare)
    compare:free()
    return ok and array[0] or message
end
print(sort({ 3, 1, 2 }, function(a, b) return a[0] - b[0] end))
print(sort({ 3, 1, 2 }, function() error("not today", 0) end))
print(coroutine.wrap(function() return sort({ 9, 8, 7 }, function(a, b) return a[0] - b[0] end) end)())
