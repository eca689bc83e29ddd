-- SPDX-License-Identifier: MIT
-- a library that builds and frees trees of structures with names
local ffi = require("ffi")
ffi.cdef [[
    typedef struct tree tree;
    tree *bench_tree_new(int depth);
    size_t bench_tree_size(const tree *);
    void bench_tree_free(tree *);
]]
local lib = ffi.load(os.getenv("BENCH_STRUCTURES"))
local total = 0
for i = 1, 40000 do
    local tree = ffi.gc(lib.bench_tree_new(i % 10), lib.bench_tree_free)
    total = total + tonumber(lib.bench_tree_size(tree))
end
print(total)
