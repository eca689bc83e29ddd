-- SPDX-License-Identifier: MIT
-- group: alloc
-- tables: trees are built and thrown away
local function tree(depth)
    if depth == 0 then return {} end
    return { tree(depth - 1), tree(depth - 1) }
end
local function check(node)
    if node[1] then return 1 + check(node[1]) + check(node[2]) end
    return 1
end
local long_lived, sum = tree(14), 0
for depth = 4, 14 do
    for _ = 1, 2 ^ (14 - depth + 4) do sum = sum + check(tree(depth)) end
end
print(sum, check(long_lived))
