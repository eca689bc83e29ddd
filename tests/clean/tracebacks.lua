-- SPDX-License-Identifier: MIT
-- What debug.traceback, debug.getinfo and xpcall say about the stack.
local function level3() return debug.traceback("here", 1) end
local function level2() local s = level3() return s end
local function level1() local s = level2() return s end
print(level1())

print(xpcall(function() local x = nil; return x.field end, debug.traceback))

local depth = 0
while debug.getinfo(depth, "S") do depth = depth + 1 end
print("levels", depth)

coroutine.wrap(function()
    local n = 0
    while debug.getinfo(n, "S") do n = n + 1 end
    print("levels", n, debug.getinfo(1, "l").currentline)
end)()
print(debug.getinfo(level1, "S").linedefined, debug.getlocal(1, 1))
