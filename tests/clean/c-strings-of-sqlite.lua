-- SPDX-License-Identifier: MIT
-- A real library that allocates much: rows, texts, blobs and its own caches.
local ffi = require("ffi")
local sqlite = ffi.load("libsqlite3.so.0")

ffi.cdef[[
typedef struct sqlite3 sqlite3; typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open(const char *name, sqlite3 **db);
int sqlite3_close(sqlite3 *db);
int sqlite3_exec(sqlite3 *db, const char *sql, void *visit, void *context, char **message);
void sqlite3_free(void *p);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **stmt, const char **tail);
int sqlite3_step(sqlite3_stmt *stmt);
int sqlite3_finalize(sqlite3_stmt *stmt);
int sqlite3_reset(sqlite3_stmt *stmt);
int sqlite3_bind_text(sqlite3_stmt *stmt, int n, const char *text, int size, void (*free)(void *));
const unsigned char *sqlite3_column_text(sqlite3_stmt *stmt, int column);
]]

local function execute(db, sql)
    local message = ffi.new("char *[1]")
    if sqlite.sqlite3_exec(db, sql, nil, nil, message) == 0 then return true end
    local text = ffi.string(message[0])
    sqlite.sqlite3_free(message[0])
    return nil, text
end

local function prepare(db, sql)
    local stmt = ffi.new("sqlite3_stmt *[1]")
    assert(sqlite.sqlite3_prepare_v2(db, sql, -1, stmt, nil) == 0)
    return ffi.gc(stmt[0], sqlite.sqlite3_finalize)
end

local function done(stmt) sqlite.sqlite3_finalize(ffi.gc(stmt, nil)) end

local holder = ffi.new("sqlite3 *[1]")
assert(sqlite.sqlite3_open(":memory:", holder) == 0)
local db = holder[0]
assert(execute(db, "CREATE TABLE words (word TEXT, n INTEGER)"))
local insert = prepare(db, "INSERT INTO words VALUES (?, 1)")
for i = 1, 300 do
    local word = ("word%d"):format(i * i % 71)
    sqlite.sqlite3_bind_text(insert, 1, word, #word, ffi.cast("void (*)(void *)", -1))
    assert(sqlite.sqlite3_step(insert) == 101)
    sqlite.sqlite3_reset(insert)
end
done(insert)
local n, bytes = 0, 0
local query = prepare(db, "SELECT word, count(*) FROM words GROUP BY word ORDER BY 2 DESC, 1")
while sqlite.sqlite3_step(query) == 100 do
    n = n + 1
    bytes = bytes + #ffi.string(ffi.cast("const char *", sqlite.sqlite3_column_text(query, 0)))
end
done(query)
print(n, bytes, select(2, execute(db, "SELECT nonsense FROM words")))
assert(sqlite.sqlite3_close(db) == 0)
