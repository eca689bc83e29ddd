-- SPDX-License-Identifier: MIT
-- A list of C memory whose nodes have one link, the addresses of both neighbours XORed: nothing
-- that can be read leads to a node while it is not visited.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *block);
typedef struct { uint64_t link; int value; } node_t;
]]

local node_p = ffi.typeof("node_t *")

local function number_of(node) return ffi.cast("uint64_t", ffi.cast("uintptr_t", node)) end
local function node_of(number) return ffi.cast(node_p, ffi.cast("uintptr_t", number)) end

local function build(n)
    local first, last
    for value = 1, n do
        local node = ffi.cast(node_p, C.malloc(ffi.sizeof("node_t")))
        node.value, node.link = value, 0
        if last then
            last.link = bit.bxor(last.link, number_of(node))
            node.link = number_of(last)
        end
        first, last = first or node, node
    end
    return first
end

local function visit(first, what)
    local before, now = 0ULL, number_of(first)
    while now ~= 0 do
        local node = node_of(now)
        local after = bit.bxor(node.link, before)
        what(node)
        before, now = now, after
    end
end

local list, sum, seen = build(40), 0, {}
for i = 1, 60 do seen[i] = { tostring(i) } end
visit(list, function(node) sum = sum + node.value end)
visit(list, C.free)
print(sum, #seen)
