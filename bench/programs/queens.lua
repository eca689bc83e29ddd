-- SPDX-License-Identifier: MIT
-- group: little
-- little allocation: queens on a board, recursion and table accesses
local function solve(n)
    local columns, up, down, found = {}, {}, {}, 0
    for i = 1, 2 * n do columns[i], up[i], down[i] = false, false, false end
    local function place(row)
        if row > n then
            found = found + 1
            return
        end
        for column = 1, n do
            local a, b = row + column, row - column + n
            if not (columns[column] or up[a] or down[b]) then
                columns[column], up[a], down[b] = true, true, true
                place(row + 1)
                columns[column], up[a], down[b] = false, false, false
            end
        end
    end
    place(1)
    return found
end
local sum = 0
for n = 4, 9 do sum = sum + solve(n) end
print(sum, solve(12))
