-- SPDX-License-Identifier: MIT
-- newproxy finalizers, ephemeral caches and resurrection behave as the manual says.
local finalized = 0

local function proxy(payload)
    local p = newproxy(true)
    local mt = getmetatable(p)
    mt.__index, mt.__gc = payload, function() finalized = finalized + 1 end
    mt.__len = function() return #payload end
    return p
end

local kept = {}
for i = 1, 300 do
    local p = proxy({ i, i + 1 })
    if i % 3 == 0 then kept[#kept + 1] = p end
end
collectgarbage()
collectgarbage()
local sum = 0
for _, p in ipairs(kept) do sum = sum + p[1] + #p end
print(finalized >= 199, finalized <= 200, sum)

local lost
do
    local p = newproxy(true)
    getmetatable(p).__gc = function(me) lost = me end
end
collectgarbage()
collectgarbage()
print(type(lost))

local cache = setmetatable({}, { __mode = "v" })
local strong = {}
for i = 1, 100 do
    cache[i] = { i }
    if i % 10 == 0 then strong[i] = cache[i] end
end
collectgarbage()
local n = 0
for i = 10, 100, 10 do n = n + cache[i][1] end
print(n)
