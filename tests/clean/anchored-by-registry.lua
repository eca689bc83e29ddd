-- SPDX-License-Identifier: MIT
-- The anchors live in the registry, where the program cannot be seen to hold them.
local ffi = require("ffi")

ffi.cdef[[ struct handle { const char *name; int id; }; ]]

local registry = debug.getregistry()
local KEY = "clean.anchored-by-registry"

local function open(id)
    local handle, name = ffi.new("struct handle"), ("handle-%03d"):format(id)
    handle.id, handle.name = id, name
    registry[KEY] = registry[KEY] or {}
    registry[KEY][id] = name
    return handle
end

local handles = {}
for id = 1, 25 do handles[id] = open(id) end
local text = {}
for id = 1, 25 do text[id] = ffi.string(handles[id].name):sub(-2) end
print(table.concat(text, ""))
registry[KEY] = nil
