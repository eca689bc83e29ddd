-- SPDX-License-Identifier: MIT
-- The compiler's own interface: settings, traces, flushing, code per function.
print(jit.status())
print(jit.os, jit.arch, jit.version_num > 20000)

local util = require("jit.util")

local function hot(n)
    local sum = 0
    for i = 1, n do sum = sum + i % 7 end
    return sum
end

local traces = 0
local function on_trace(what) if what == "stop" then traces = traces + 1 end end
jit.attach(on_trace, "trace")
print(hot(10000))
jit.attach(on_trace)
print((traces > 0) == (jit.status() == true), (util.traceinfo(1) ~= nil) == jit.status())

jit.flush()
print(util.traceinfo(1))
jit.off(hot)
print(hot(10000), util.traceinfo(1))
jit.on(hot)
local was_on = jit.status()
jit.off()
print((jit.status()))
if was_on then jit.on() end
jit.opt.start("hotloop=10", "maxtrace=100")
print(hot(20000), util.funcinfo(hot).params, util.funcinfo(hot).source)
jit.opt.start(3)
