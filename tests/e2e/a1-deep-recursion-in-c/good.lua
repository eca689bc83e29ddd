-- SPDX-License-Identifier: MIT
-- trees: C walks a tree that is so deep that its calls fill the stack which a report shows
local ffi = require("ffi")
local lib = ffi.load("testhelper")
ffi.cdef [[
struct testhelper_tree { struct testhelper_tree *left, *right; const char *label; };
unsigned testhelper_tree_hash(const struct testhelper_tree *tree);
]]

local Tree = {}
Tree.__index = Tree

function Tree.new() return setmetatable({ nodes = {}, labels = {} }, Tree) end

function Tree:add(label)
    local node = ffi.new("struct testhelper_tree")
    node.label, self.labels[#self.labels + 1] = label, label
    node.left = self.nodes[#self.nodes]
    self.nodes[#self.nodes + 1] = node
end

function Tree:hash()
    local sum = lib.testhelper_tree_hash(self.nodes[#self.nodes])
    return sum % 1000
end

local function build(depth)
    local tree = Tree.new()
    for i = 1, depth do tree:add("node " .. i) end
    return tree
end

local flat, deep = build(20), build(300)
print(deep:hash())
print(flat:hash())
