-- SPDX-License-Identifier: MIT
-- objects that C functions change step by step, such as the time of a clock
local ffi = require("ffi")
ffi.cdef [[
struct timespec { long tv_sec, tv_nsec; };
int clock_gettime(int clock, struct timespec *now);
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local now = ffi.new("struct timespec")
local newest = 0

local function tick()
    C.clock_gettime(1, now)
    newest = tonumber(now.tv_sec)
    return newest
end

local function sensor(id)
    return ffi.gc(C.malloc(16), function(p)
        tick()
        C.free(p)
    end)
end

local function read(id)
    local started = tick()
    local reading = { sensor = sensor(id), labels = { "r" .. id, "s" .. id } }
    C.clock_gettime(1, now)
    local texts = { "from " .. id, "to " .. id }
    reading.seconds = tonumber(now.tv_sec) - started
    assert(reading.seconds >= 0, texts[1])
    return reading
end

local readings = {}
for id = 1, 300 do readings[id % 4 + 1] = read(id) end
print(#readings)
