-- SPDX-License-Identifier: MIT
-- Coroutines wait in a C module, and a table keeps them.
local events = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local tasks, log = {}, {}

local function run(name, n)
    for i = 1, n do log[#log + 1] = name .. i .. ":" .. events.wait(name) end
    tasks[name] = nil
end

local function start(name, n)
    local thread = coroutine.create(run)
    tasks[name] = thread
    assert(coroutine.resume(thread, name, n))
end

start("a", 3)
start("b", 2)
start("c", 1)
local counts = {}
for i = 1, 5 do
    for _, name in ipairs({ "a", "b", "c" }) do counts[#counts + 1] = events.fire(name, i * 10) end
end
print(table.concat(counts, " "), next(tasks))
print(table.concat(log, " "))
