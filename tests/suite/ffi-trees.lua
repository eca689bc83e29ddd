-- Trees of structs, whose nodes a table keeps alive.
local ffi = require 'ffi'
ffi.cdef 'struct tree { struct tree *left, *right; int key; };'
local seed = 42
local function random(n)
    seed = (seed * 1103 + 12345) % 65521
    return seed % n
end
for round = 1, 20 do
    local nodes, root = {}, nil
    for i = 1, 150 do
        local node = ffi.new('struct tree', nil, nil, random(10000))
        nodes[i] = node
        if not root then
            root = node
        else
            local at = root
            while true do
                local side = node.key < at.key and 'left' or 'right'
                if at[side] == nil then at[side] = node break end
                at = at[side]
            end
        end
    end
    local sum, last, depth_most = 0, -1, 0
    local function walk(at, depth)
        if at == nil then return end
        walk(at.left, depth + 1)
        assert(at.key >= last)
        last, sum = at.key, sum + at.key
        depth_most = math.max(depth_most, depth)
        walk(at.right, depth + 1)
    end
    walk(ffi.cast('struct tree *', root), 1)
    print(round, sum, depth_most, #nodes)
end
