-- SPDX-License-Identifier: MIT
-- queue: jobs in a C library's list, whose nodes Lua keeps
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
typedef struct keeper_node { struct keeper_node *next; int priority; char name[20]; } keeper_node;
void keeper_queue_add(keeper_node *node);
void keeper_queue_remove(keeper_node *node);
const char *keeper_queue_first(void);
]]

local Queue = { nodes = {} }

function Queue.push(name, priority)
    local node = ffi.new("keeper_node")
    node.priority = priority
    ffi.copy(node.name, name)
    Queue.nodes[#Queue.nodes + 1] = node
    lib.keeper_queue_add(node)
end

function Queue.first()
    local name = lib.keeper_queue_first()
    return name ~= nil and ffi.string(name) or nil
end

for i, name in ipairs({ "clean", "build", "test" }) do Queue.push(name, 10 - i) end
print(Queue.first())
