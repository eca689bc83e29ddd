-- SPDX-License-Identifier: MIT
-- watcher: a signal comes after its handler was freed; the parser has met 64-bit numbers before
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef void (*handler_t)(int number);
handler_t signal(int number, handler_t handler);
int raise(int number);
]]

local ALL = 0xffffffffULL
local SIGWINCH, IGNORE = 28, ffi.cast("handler_t", 1)

local Watcher = {}
Watcher.__index = Watcher

function Watcher.start(number, action)
    local handler = ffi.cast("handler_t", action)
    C.signal(number, handler)
    return setmetatable({ number = number, handler = handler }, Watcher)
end

function Watcher:stop()
    self.handler:free()
end

local seen = 0
local watcher = Watcher.start(SIGWINCH, function() seen = seen + 1 end)
C.raise(SIGWINCH)
watcher:stop()
pcall(C.raise, SIGWINCH)
print(seen, tonumber(ALL % 7ULL))
