-- SPDX-License-Identifier: MIT
-- The nodes of a C list belong to Lua, which keeps them as long as they are in it.
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
typedef struct keeper_node { struct keeper_node *next; int priority; char name[20]; } keeper_node;
void keeper_queue_add(keeper_node *node);
void keeper_queue_remove(keeper_node *node);
const char *keeper_queue_first(void);
]]

local nodes = {}

local function push(name, priority)
    local node = ffi.new("keeper_node", nil, priority, name)
    lib.keeper_queue_add(node)
    nodes[name] = node
end

local function pop()
    local first = lib.keeper_queue_first()
    if first == nil then return nil end
    local name = ffi.string(first)
    lib.keeper_queue_remove(nodes[name])
    nodes[name] = nil
    return name
end

local order = {}
for round = 1, 4 do
    for i = 1, 8 do push(("job%d.%d"):format(round, i), (i * 5) % 8) end
    for _ = 1, 6 do order[#order + 1] = pop() end
end
for name in pop do order[#order + 1] = name end
print(table.concat(order, " "))
