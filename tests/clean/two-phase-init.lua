-- SPDX-License-Identifier: MIT
-- The struct is wired up first, from objects that a later step hands to their owner.
local ffi = require("ffi")

ffi.cdef[[ struct stage { int id; struct stage *next; const char *label; }; ]]

local function build(labels)
    local nodes = {}
    for i, label in ipairs(labels) do
        nodes[i] = ffi.new("struct stage", i)
        nodes[i].label = label
        if i > 1 then nodes[i - 1].next = nodes[i] end
    end
    return nodes[1], nodes
end

local function finish(first, nodes, labels)
    return { first = first, nodes = nodes, labels = labels }
end

local pipelines = {}
for p = 1, 6 do
    local labels = {}
    for i = 1, p do labels[i] = ("p%d.s%d"):format(p, i) end
    local first, nodes = build(labels)
    pipelines[p] = finish(first, nodes, labels)
end
for _, pipeline in ipairs(pipelines) do
    local walk, stage = {}, pipeline.first
    while stage ~= nil do
        walk[#walk + 1] = stage.id .. "=" .. ffi.string(stage.label)
        stage = stage.next
    end
    print(table.concat(walk, " > "))
end
