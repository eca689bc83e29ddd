-- SPDX-License-Identifier: MIT
-- A C module compares the lua_State of a coroutine that may be gone; it does not use it.
local module = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local function visit(results)
    results[#results + 1] = tostring(module.is_asker())
    module.ask()
    results[#results + 1] = tostring(module.is_asker())
    coroutine.yield(#results)
end

local results = {}
for _ = 1, 6 do
    local thread = coroutine.wrap(visit)
    thread(results)
end
print(#results, results[1], results[2], module.is_asker())
