-- SPDX-License-Identifier: MIT
-- watchdog: counts SIGUSR1 while a job runs
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef void (*watchdog_handler_t)(int signal);
watchdog_handler_t signal(int number, watchdog_handler_t handler);
int raise(int number);
]]
local SIGUSR1 = 10

local Watchdog = { count = 0 }

function Watchdog.start()
    Watchdog.handler = ffi.cast("watchdog_handler_t", function() Watchdog.count = Watchdog.count + 1 end)
    Watchdog.old = C.signal(SIGUSR1, Watchdog.handler)
end

function Watchdog.stop()
    Watchdog.handler:free()
end

local function job(steps)
    for _ = 1, steps do C.raise(SIGUSR1) end
end

Watchdog.start()
job(3)
Watchdog.stop()
pcall(function() job(1) end)
print("signals", Watchdog.count)
