-- SPDX-License-Identifier: MIT
-- metrics: counters in memory of C; a guard object writes them out when the program ends
local ffi = require("ffi")
ffi.cdef [[
void *calloc(size_t n, size_t size);
void free(void *block);
struct counters { long requests, errors; };
]]
local C = ffi.C

local Metrics = {}
Metrics.__index = Metrics

local function new_metrics()
    local block = ffi.gc(C.calloc(1, ffi.sizeof("struct counters")), C.free)
    local counters = ffi.cast("struct counters *", block)
    return setmetatable({ block = block, counters = counters }, Metrics)
end

function Metrics:flush_at_exit()
    local guard, counters = newproxy(true), self.counters
    getmetatable(guard).__gc = function()
        io.write("requests ", tonumber(counters.requests), "\n")
    end
    self.guard = guard
end

local metrics = new_metrics()
metrics:flush_at_exit()
local function close() getmetatable(metrics.guard).__gc() getmetatable(metrics.guard).__gc = nil end
for i = 1, 20 do
    metrics.counters.requests = metrics.counters.requests + 1
    if i % 7 == 0 then metrics.counters.errors = metrics.counters.errors + 1 end
end
close()
