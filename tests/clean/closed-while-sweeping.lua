-- SPDX-License-Identifier: MIT
-- A state that is closed in the middle of a cycle, when the collector has come to its userdata.
local kept = {}
for i = 1, 8000 do
    kept[i] = newproxy(true)
    getmetatable(kept[i]).__gc = function() end
end

-- Steps of the collector from the moment when it knows what is dead to its end.
local function steps_after_marking(most)
    local weak, n, done = setmetatable({ {} }, { __mode = "v" }), 0, false
    while weak[1] do collectgarbage("step", 0) end
    while n < most and not done do
        done = collectgarbage("step", 0)
        n = n + 1
    end
    return n
end

collectgarbage("setstepmul", 1)
collectgarbage()
local all = steps_after_marking(1e6)
steps_after_marking(all - 100)
print(#kept)
