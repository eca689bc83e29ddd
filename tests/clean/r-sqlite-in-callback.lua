-- SPDX-License-Identifier: MIT
-- statements of SQLite are finalized by the collector while another one calls back: it allows that
local ffi = require("ffi")
ffi.cdef [[
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef int (*row_fn)(void *data, int n, char **values, char **names);
int sqlite3_open(const char *path, sqlite3 **db);
int sqlite3_close(sqlite3 *db);
int sqlite3_exec(sqlite3 *db, const char *sql, row_fn row, void *data, char **message);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n, sqlite3_stmt **out, const char **tail);
int sqlite3_step(sqlite3_stmt *statement);
int sqlite3_finalize(sqlite3_stmt *statement);
]]
local sqlite = ffi.load("sqlite3.so.0")

local out = ffi.new("sqlite3 *[1]")
assert(sqlite.sqlite3_open(":memory:", out) == 0)
local db = out[0]

local function prepare(sql)
    local statement = ffi.new("sqlite3_stmt *[1]")
    assert(sqlite.sqlite3_prepare_v2(db, sql, #sql, statement, nil) == 0)
    return ffi.gc(statement[0], sqlite.sqlite3_finalize)
end

assert(sqlite.sqlite3_exec(db, "create table t(a)", nil, nil, nil) == 0)
for i = 1, 20 do
    assert(sqlite.sqlite3_step(prepare("insert into t values(" .. i .. ")")) == 101)
end

local rows = {}
local on_row = ffi.cast("row_fn", function(_, n, values)
    local one = prepare("select " .. #rows)
    sqlite.sqlite3_step(one)
    rows[#rows % 40 + 1] = { ffi.string(values[0]), {}, n }
    return 0
end)
local n = 0
for _ = 1, 20 do
    assert(sqlite.sqlite3_exec(db, "select a from t", on_row, nil, nil) == 0)
    n = n + 20
end
print(n, #rows)
