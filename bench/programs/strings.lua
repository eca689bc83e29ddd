-- SPDX-License-Identifier: MIT
-- group: alloc
-- strings: concatenation, slices, tables of strings
local words, n = {}, 0
for i = 1, 2e6 do
    local s = "key" .. i
    n = n + #s:sub(2, 4) + #(s .. "=" .. i % 100)
    words[i % 1000 + 1] = s
end
print(n, #table.concat(words, ","))
