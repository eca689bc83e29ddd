-- SPDX-License-Identifier: MIT
-- group: alloc
-- text: lines are split, counted, rewritten and put together
local words = { "lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit" }
local total = 0
for page = 1, 2700 do
    local lines = {}
    for i = 1, 30 do
        local line = {}
        for k = 1, 10 do line[k] = words[(i * k + page) % 8 + 1] .. (i * page + k) % 50 end
        lines[i] = table.concat(line, " ")
    end
    local counts = {}
    local text = table.concat(lines, "\n"):gsub("(%a+)(%d+)", function(word, number)
        counts[word] = (counts[word] or 0) + 1
        return number .. word:upper()
    end)
    for line in text:gmatch("[^\n]+") do total = total + #line:reverse() end
    total = total + (counts.amet or 0)
end
print(total)
