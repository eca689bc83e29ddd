-- SPDX-License-Identifier: MIT
-- Loading, dumping and running code in other environments.
local function adder(n) return function(x) return x + n end end
local dumped = string.dump(function(a, b) return a * b + 1 end, true)
print(loadstring(dumped)(6, 7), adder(3)(4))

local env = { print = function(...) print("[env]", ...) end, n = 5 }
local chunk = assert(loadstring("n = n + 1 print(n)", "=inline"))
setfenv(chunk, env)
chunk()
chunk()
print(loadstring("this is not Lua"))
print(load(coroutine.wrap(function()
    for part in ("return 1 +; 2;"):gmatch("[^;]+") do coroutine.yield(part) end
end))())

local many = {}
for i = 1, 400 do many[i] = loadstring(("return function() return %d * %d end"):format(i, i))() end
local total = 0
for i = 1, 400 do total = total + many[i]() end
print(total)
