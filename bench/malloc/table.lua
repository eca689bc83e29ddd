-- SPDX-License-Identifier: MIT
-- a library's hash table, entries replaced again and again
local ffi = require("ffi")
ffi.cdef [[
    typedef struct table table;
    table *bench_table_new(size_t);
    void bench_table_set(table *, uint64_t key, const char *value, size_t);
    size_t bench_table_free(table *);
]]
local lib = ffi.load(os.getenv("BENCH_STRUCTURES"))
local table, text = lib.bench_table_new(5003), ("value "):rep(30)
for i = 1, 5e6 do
    lib.bench_table_set(table, i * 7919 % 20000, text, i % 150)
end
print(tonumber(lib.bench_table_free(table)))
