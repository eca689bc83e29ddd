-- SPDX-License-Identifier: MIT
-- The main chunk has C memory in its variables until it returns, and leaves freeing it to the end of
-- the process: nothing is lost while it runs.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[
    void *malloc(size_t size);
    char *strdup(const char *text);
    struct kept_node { struct kept_node *next; int value; };
]]

local function new_list(n)
    local head
    for i = 1, n do
        local node = ffi.cast("struct kept_node *", C.malloc(ffi.sizeof("struct kept_node")))
        node.next, node.value, head = head, i, node
    end
    return head
end

local function new_names(n)
    local names = {}
    for i = 1, n do names[i] = { text = C.strdup("name " .. i) } end
    return names
end

local list, names = new_list(5), new_names(5)
local settings = { buffer = C.malloc(300) }
local sum = 0
for i = 1, 50 do
    local row = { i, list.value, ffi.string(names[i % 5 + 1].text) }
    sum = sum + #row[3] + row[2]
end
print(sum, settings.buffer ~= nil)
