-- SPDX-License-Identifier: MIT
-- metrics: counters are userdata that a C module links into its list, and Lua keeps
local metrics = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local Metrics = {}

function Metrics.count(name, items)
    local counter = metrics.new_counter(#items)
    Metrics[name] = counter
    return name .. ":" .. tostring(counter):match("^%a+")
end

local kinds = {}
for i, name in ipairs({ "users", "orders", "errors" }) do
    kinds[i] = Metrics.count(name, { name, i })
end
print(table.concat(kinds, " "))
print(metrics.sum_counters())
