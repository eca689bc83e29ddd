-- SPDX-License-Identifier: MIT
-- What collectgarbage returns, and what its settings do.
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200))
print(collectgarbage("setstepmul", 300), collectgarbage("setstepmul", 200))
print(collectgarbage(), collectgarbage("collect"), type(collectgarbage("count")))

collectgarbage("stop")
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 200 do weak[i] = { i } end
local alive = 0
for i = 1, 200 do if weak[i] then alive = alive + 1 end end
print("stopped", alive)
collectgarbage("restart")
collectgarbage()
alive = 0
for i = 1, 199 do if weak[i] then alive = alive + 1 end end
print("restarted", alive)

local steps = 0
repeat steps = steps + 1 until collectgarbage("step", 1) or steps == 1000000
print("steps", steps < 1000000, collectgarbage("step", 100000))

local before = collectgarbage("count")
local function grow()
    local big = {}
    for i = 1, 10 do big[i] = ("x"):rep(100000 + i) end
    local grown = collectgarbage("count") - before
    return grown > 900 and grown < 3000
end
local grown = grow()
local function clear(...) return select("#", ...) end
clear(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
collectgarbage()
print(grown, collectgarbage("count") - before < 400)
