-- SPDX-License-Identifier: MIT
-- registry: anchors kept in a table whose values are weak
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct node { const char *key; int hits; };
int strcmp(const char *a, const char *b);
]]

local anchors = setmetatable({}, { __mode = "kv" })
local registry = { n = 0 }

function registry.add(prefix, number)
    local node = ffi.new("struct node")
    local key = { text = prefix .. "/" .. number }
    node.key = key.text
    anchors[node] = key
    registry.n = registry.n + 1
    registry[registry.n] = node
end

function registry.find(key)
    for i = 1, registry.n do
        local node = registry[i]
        if C.strcmp(node.key, key) == 0 then
            node.hits = node.hits + 1
            return i, node.hits
        end
    end
end

for i = 1, 6 do registry.add("service", i * 7) end
print(registry.find("service/14"))
print(registry.find("service/42"))
print(registry.find("service/14"))
