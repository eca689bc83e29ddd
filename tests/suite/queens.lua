local n, found = 7, 0
local function show(columns)
    local lines = {}
    for i = 1, n do
        local line = {}
        for k = 1, n do line[k] = columns[i] == k and 'Q' or '-' end
        lines[i] = table.concat(line, ' ')
    end
    return table.concat(lines, '\n')
end
local function place(columns, row)
    if row > n then
        found = found + 1
        local text = show(columns)
        if found == 1 then print(text) end
        return
    end
    for column = 1, n do
        local free = true
        for above = 1, row - 1 do
            local c = columns[above]
            if c == column or math.abs(c - column) == row - above then free = false break end
        end
        if free then
            local copy = { unpack(columns) }
            copy[row] = column
            place(copy, row + 1)
        end
    end
end
place({}, 1)
print(found)
