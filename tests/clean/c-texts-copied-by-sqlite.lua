-- SPDX-License-Identifier: MIT
-- SQLITE_TRANSIENT: SQLite copies each text that is bound.
local ffi = require("ffi")
local sqlite = ffi.load("libsqlite3.so.0")
ffi.cdef[[
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open(const char *name, sqlite3 **database);
int sqlite3_close(sqlite3 *database);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n, sqlite3_stmt **stmt, const char **tail);
int sqlite3_bind_text(sqlite3_stmt *statement, int n, const char *text, int size, void *destructor);
int sqlite3_step(sqlite3_stmt *statement);
int sqlite3_reset(sqlite3_stmt *statement);
int sqlite3_finalize(sqlite3_stmt *statement);
const char *sqlite3_column_text(sqlite3_stmt *statement, int n);
]]
local TRANSIENT = ffi.cast("void *", -1)

local handle = ffi.new("sqlite3 *[1]")
assert(sqlite.sqlite3_open(":memory:", handle) == 0)

local function prepare(sql)
    local statement = ffi.new("sqlite3_stmt *[1]")
    assert(sqlite.sqlite3_prepare_v2(handle[0], sql, #sql, statement, nil) == 0)
    return statement[0]
end

local function bind(statement, first, second)
    local text = first .. "/" .. second
    sqlite.sqlite3_bind_text(statement, 1, text, #text, TRANSIENT)
end

local function words()
    local list = {}
    for i = 1, 10 do list[i] = ("w%d"):format(i) end
    return list
end

local statement = prepare("SELECT upper(?)")
for i, word in ipairs(words()) do
    bind(statement, word, i)
    words()
    sqlite.sqlite3_step(statement)
    io.write(ffi.string(sqlite.sqlite3_column_text(statement, 0)), " ")
    sqlite.sqlite3_reset(statement)
end
print()
sqlite.sqlite3_finalize(statement)
sqlite.sqlite3_close(handle[0])
