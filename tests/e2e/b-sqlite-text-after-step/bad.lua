-- SPDX-License-Identifier: MIT
-- names: rows of a query; the text of a column is valid until the next step
local ffi = require("ffi")
local sqlite = ffi.load("libsqlite3.so.0")

ffi.cdef[[
typedef struct sqlite3 sqlite3; typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open(const char *name, sqlite3 **db);
int sqlite3_close(sqlite3 *db);
int sqlite3_exec(sqlite3 *db, const char *sql, void *visit, void *context, char **message);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **stmt, const char **tail);
int sqlite3_step(sqlite3_stmt *stmt);
int sqlite3_finalize(sqlite3_stmt *stmt);
const unsigned char *sqlite3_column_text(sqlite3_stmt *stmt, int column);
]]

local function open(script)
    local db = ffi.new("sqlite3 *[1]")
    assert(sqlite.sqlite3_open(":memory:", db) == 0)
    assert(sqlite.sqlite3_exec(db[0], script, nil, nil, nil) == 0)
    return db[0]
end

local function last_name(db)
    local holder = ffi.new("sqlite3_stmt *[1]")
    assert(sqlite.sqlite3_prepare_v2(db, "SELECT upper(name) || '!' FROM people ORDER BY name", -1, holder, nil) == 0)
    local stmt, name = holder[0], nil
    while sqlite.sqlite3_step(stmt) == 100 do
        name = ffi.cast("const char *", sqlite.sqlite3_column_text(stmt, 0))
    end
    sqlite.sqlite3_finalize(stmt)
    return name
end

local script = { "CREATE TABLE people (name TEXT);" }
for _, name in ipairs({ "ada", "edsger", "grace" }) do
    script[#script + 1] = ("INSERT INTO people VALUES ('%s of a rather long family name that has many letters');"):format(name)
end
local db = open(table.concat(script))
local name = last_name(db)
sqlite.sqlite3_close(db)
print(#ffi.string(name) > 0 and "a name" or "no name")
