-- SPDX-License-Identifier: MIT
-- stopwatch: wraps an out-parameter of C and returns "the struct"
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct timeval { long tv_sec; long tv_usec; };
int gettimeofday(struct timeval *now, void *zone);
]]

local stopwatch = {}

local function now()
    local out = ffi.new("struct timeval")
    C.gettimeofday(out, nil)
    return out
end

function stopwatch.start(name)
    return { name = name, at = now(), laps = {} }
end

function stopwatch.lap(watch, label)
    local t = now()
    local us = (t.tv_sec - watch.at.tv_sec) * 1000000 + t.tv_usec - watch.at.tv_usec
    watch.laps[#watch.laps + 1] = label .. (us < 10 * 1000000 and " in time" or " late")
end

local watch = stopwatch.start("boot")
for _, label in ipairs({ "read", "parse", "link" }) do stopwatch.lap(watch, label) end
print(watch.name, table.concat(watch.laps, ", "))
