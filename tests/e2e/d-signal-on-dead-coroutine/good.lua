-- SPDX-License-Identifier: MIT
-- reload: SIGUSR2 asks for a reload while short-lived coroutines do the work
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef void (*reload_handler_t)(int signal);
reload_handler_t signal(int number, reload_handler_t handler);
enum reload_state { RELOAD_IDLE, RELOAD_BUSY, RELOAD_DONE };
]]
local SIGUSR2 = 12
local state_t = ffi.typeof("enum reload_state")

local reloads, seen = 0, {}

local function install()
    C.signal(SIGUSR2, function() reloads = reloads + 1 end)
end

local function work(number)
    local state = tonumber(state_t(number % 3))
    seen[state] = (seen[state] or 0) + 1
end

local function dispatch(number)
    local job = coroutine.wrap(work)
    job(number)
end

local function names(n)
    local out = {}
    for i = 1, n do out[#out + 1] = ("worker-%d"):format(i) end
    return table.concat(out, " ")
end

install()
for number = 1, 30 do dispatch(number) end
local text = names(200)
tonumber(state_t(0)) -- the main thread uses the library last
os.execute("kill -USR2 $PPID")
print(#text, "reloads", reloads, seen[0], seen[1], seen[2])
