-- SPDX-License-Identifier: MIT
-- Nodes that only other C memory leads to: a chain, a tree, rings, a pointer into the middle.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
typedef struct node { struct node *left, *right; int value; char pad[20]; int *inside; } node_t;
]]

local function node(value)
    local n = ffi.cast("node_t *", C.calloc(1, ffi.sizeof("node_t")))
    n.value = value
    n.inside = ffi.cast("int *", ffi.cast("char *", n) + ffi.offsetof("node_t", "value"))
    return n
end

local function insert(root, value)
    if root == nil then return node(value) end
    if value < root.value then root.left = insert(root.left, value) else root.right = insert(root.right, value) end
    return root
end

local function drop(root)
    if root == nil then return 0 end
    local n = drop(root.left) + drop(root.right)
    C.free(root)
    return n + 1
end

local root
for i = 1, 120 do root = insert(root, i * 53 % 127) end

local ring = node(0)
ring.left, ring.right = ring, ring
for i = 1, 40 do
    local new = node(i)
    new.left, new.right = ring.left, ring
    ring.left.right, ring.left = new, new
end

-- Only addresses of members are kept from here on.
local middle = node(77).inside
local words = {}
for i = 1, 3000 do words[i % 40 + 1] = tostring(i) end

local sum = 0
for i = 1, 40 do
    ring = ring.right
    sum = sum + ring.value
end
while ring.right ~= ring do
    local gone = ring.right
    ring.right = gone.right
    C.free(gone)
end
C.free(ring)
print(drop(root), sum, middle[0])
C.free(ffi.cast("char *", middle) - ffi.offsetof("node_t", "value"))
