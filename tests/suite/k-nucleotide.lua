local seed, letters, parts = 42, 'ACGT', {}
for i = 1, 6000 do
    seed = (seed * 3877 + 29573) % 139968
    local at = math.floor(seed / 139968 * 4) + 1
    parts[i] = letters:sub(at, at)
end
local text = table.concat(parts)
for _, length in ipairs { 1, 2, 6, 12 } do
    local counts, names = {}, {}
    for i = 1, #text - length + 1 do
        local piece = text:sub(i, i + length - 1)
        if not counts[piece] then names[#names + 1] = piece end
        counts[piece] = (counts[piece] or 0) + 1
    end
    table.sort(names, function(a, b)
        return counts[a] > counts[b] or counts[a] == counts[b] and a < b
    end)
    for i = 1, math.min(5, #names) do print(names[i], counts[names[i]]) end
end
