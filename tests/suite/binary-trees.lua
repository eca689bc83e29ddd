local function make(depth)
    if depth == 0 then return {} end
    return { make(depth - 1), make(depth - 1) }
end
local function check(tree)
    return tree[1] and 1 + check(tree[1]) + check(tree[2]) or 1
end
local long = make(8)
for depth = 4, 8, 2 do
    local n, sum = 2 ^ (12 - depth), 0
    for _ = 1, n do sum = sum + check(make(depth)) end
    print(n, depth, sum)
end
print(check(long))
