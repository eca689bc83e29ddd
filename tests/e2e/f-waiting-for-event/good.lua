-- SPDX-License-Identifier: MIT
-- tasks: coroutines that wait for events in a C module, which keeps their lua_State; Lua keeps them as well
local events = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local Tasks = { threads = {} }
local received = {}

local function task(name)
    while true do
        local value = events.wait(name)
        received[#received + 1] = name .. "=" .. value
    end
end

function Tasks.start(name)
    local thread = coroutine.create(task)
    Tasks.threads[name] = thread
    assert(coroutine.resume(thread, name))
end

for _, name in ipairs({ "click", "key", "close" }) do Tasks.start(name) end
print(events.fire("key", 13), events.fire("close", 1))
print(table.concat(received, " "))
events.forget()
