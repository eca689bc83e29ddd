-- SPDX-License-Identifier: MIT
-- hooks: one library's function is registered in another, which does not know of namespaces
local ffi = require("ffi")
local events = ffi.load("testevents")
ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
event_fn event_set_idle_hook(event_fn hook);
int event_idle(int rounds);
int math_on_event(int event, void *context);
]]

local Hooks = { names = {} }

function Hooks.install(name)
    local plugin = ffi.load("plugin_math")
    events.event_set_idle_hook(plugin[name])
    Hooks.names[#Hooks.names + 1] = name
end

function Hooks.idle(rounds)
    local sum = events.event_idle(rounds)
    return sum
end

local function work(n)
    local done = {}
    for i = 1, n do done[i % 16] = { id = i, name = "job " .. i } end
    return done
end

Hooks.install("math_on_event")
print(Hooks.idle(3))
print(work(400)[0].name)
print(Hooks.idle(4))
