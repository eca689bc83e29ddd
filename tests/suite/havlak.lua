-- Loops of a control-flow graph: dominators by iteration, then the bodies of back edges.
local function graph(n)
    local succ, pred = {}, {}
    for i = 1, n do succ[i], pred[i] = {}, {} end
    local function edge(a, b)
        succ[a][#succ[a] + 1] = b
        pred[b][#pred[b] + 1] = a
    end
    for i = 1, n - 1 do
        edge(i, i + 1)
        if i % 5 == 0 then edge(i, i - 3) end
        if i % 35 == 0 then edge(i, i - 30) end
        if i % 11 == 0 and i + 4 <= n then edge(i, i + 4) end
    end
    return succ, pred
end
local function loops(n)
    local succ, pred = graph(n)
    local dom, changed = { [1] = { [1] = true } }, true
    for i = 2, n do
        dom[i] = {}
        for k = 1, n do dom[i][k] = true end
    end
    local rounds = 0
    while changed do
        changed, rounds = false, rounds + 1
        for i = 2, n do
            local new = {}
            for k in pairs(dom[pred[i][1]]) do new[k] = true end
            for p = 2, #pred[i] do
                for k in pairs(new) do if not dom[pred[i][p]][k] then new[k] = nil end end
            end
            new[i] = true
            for k in pairs(dom[i]) do if not new[k] then changed = true break end end
            dom[i] = new
        end
    end
    local sizes = {}
    for a = 1, n do
        for _, b in ipairs(succ[a]) do
            if dom[a][b] then
                local body, stack = { [b] = true, [a] = true }, { a }
                while #stack > 0 do
                    local at = table.remove(stack)
                    if at ~= b then
                        for _, p in ipairs(pred[at]) do
                            if not body[p] then body[p] = true stack[#stack + 1] = p end
                        end
                    end
                end
                local size = 0
                for _ in pairs(body) do size = size + 1 end
                sizes[#sizes + 1] = b .. ':' .. size
            end
        end
    end
    return rounds, sizes
end
for _, n in ipairs { 20, 50, 110 } do
    local rounds, sizes = loops(n)
    print(n, rounds, #sizes, table.concat(sizes, ' '))
end
