-- A calculator with variables and functions: tokens, a tree, then closures.
local function tokens(text)
    local list = {}
    local at = 1
    while at <= #text do
        local space, word, after = text:match('^(%s*)([%w.]+)()', at)
        if not word then word, after = text:match('^%s*(.)()', at) end
        if not word then break end
        list[#list + 1], at = word, after
    end
    return list
end
local level = { ['+'] = 1, ['-'] = 1, ['*'] = 2, ['/'] = 2, ['%'] = 2, ['^'] = 3 }
local function parse(list)
    local at = 1
    local expression
    local function primary()
        local word = list[at]
        at = at + 1
        if word == '(' then
            local node = expression(1)
            at = at + 1
            return node
        elseif word == '-' then
            return { op = 'neg', primary() }
        elseif tonumber(word) then
            return { op = 'number', value = tonumber(word) }
        elseif list[at] == '(' then
            local node = { op = 'call', name = word }
            repeat
                at = at + 1
                node[#node + 1] = expression(1)
            until list[at] ~= ','
            at = at + 1
            return node
        end
        return { op = 'name', name = word }
    end
    function expression(lowest)
        local left = primary()
        while level[list[at]] and level[list[at]] >= lowest do
            local op = list[at]
            at = at + 1
            left = { op = op, left, expression(level[op] + (op == '^' and 0 or 1)) }
        end
        return left
    end
    return expression(1)
end
local functions = { max = math.max, min = math.min, sqrt = math.sqrt }
local compile
local binary = {
    ['+'] = function(a, b) return function(e) return a(e) + b(e) end end,
    ['-'] = function(a, b) return function(e) return a(e) - b(e) end end,
    ['*'] = function(a, b) return function(e) return a(e) * b(e) end end,
    ['/'] = function(a, b) return function(e) return a(e) / b(e) end end,
    ['%'] = function(a, b) return function(e) return a(e) % b(e) end end,
    ['^'] = function(a, b) return function(e) return a(e) ^ b(e) end end,
}
function compile(node)
    if node.op == 'number' then return function() return node.value end end
    if node.op == 'name' then return function(e) return e[node.name] end end
    if node.op == 'neg' then
        local a = compile(node[1])
        return function(e) return -a(e) end
    end
    if node.op == 'call' then
        local arguments, f = {}, functions[node.name]
        for i = 1, #node do arguments[i] = compile(node[i]) end
        return function(e)
            local values = {}
            for i = 1, #arguments do values[i] = arguments[i](e) end
            return f(unpack(values))
        end
    end
    return binary[node.op](compile(node[1]), compile(node[2]))
end
local texts = {
    '1 + 2 * 3', '(1 + 2) * 3', '2 ^ 3 ^ 2', '-x ^ 2 + y', 'max(x, y, x * y % 7) - min(3, x)',
    'sqrt(x * x + y * y) / (1 + x % 3)', '((((x + 1) * 2 + 1) * 2 + 1) * 2 + 1) % 1000',
}
for _, text in ipairs(texts) do
    local sum = 0
    for round = 1, 20 do
        local f = compile(parse(tokens(text)))
        for x = 1, 20 do sum = sum + f { x = x, y = round } end
    end
    print(text, ('%.6f'):format(sum))
end
