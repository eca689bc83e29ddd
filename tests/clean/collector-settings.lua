-- SPDX-License-Identifier: MIT
-- What the program has set is what it gets back, whatever the collector does at the moment.
local seen = {}
for i = 1, 200 do
    local fresh = { i }
    local old = collectgarbage("setstepmul", 200)
    seen[old] = (seen[old] or 0) + #fresh
end
for multiplier, times in pairs(seen) do
    print(multiplier, times)
end
