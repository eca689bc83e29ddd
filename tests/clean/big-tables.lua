-- SPDX-License-Identifier: MIT
-- Tables that grow, shrink and are rehashed; weak tables; table.sort and concat of many strings.
local t, sum = {}, 0
for i = 1, 200000 do t[i] = i end
for i = 200000, 100001, -1 do t[i] = nil end
for i = 1, #t do sum = sum + t[i] end
print(#t, sum)

local h = {}
for i = 1, 50000 do h["key" .. i] = i end
for i = 1, 50000, 2 do h["key" .. i] = nil end
local n = 0
for _, v in pairs(h) do n = n + v end
print(n)

local words = {}
for i = 1, 20000 do words[i] = ("%05d"):format((i * 7919) % 20011) end
table.sort(words)
print(words[1], words[10000], words[20000], #table.concat(words, " "))

local weak = setmetatable({}, { __mode = "k" })
local held = {}
for i = 1, 2000 do
    local key = { i }
    weak[key] = i
    if i % 4 == 0 then held[#held + 1] = key end
end
local found = 0
for _, key in ipairs(held) do found = found + weak[key] end
print(found)
