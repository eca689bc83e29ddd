-- SPDX-License-Identifier: MIT
-- store: binds text to statements as SQLITE_STATIC, and keeps it as long as the statement
local ffi = require("ffi")
local sqlite = ffi.load("libsqlite3.so.0")
ffi.cdef[[
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open(const char *name, sqlite3 **database);
int sqlite3_close(sqlite3 *database);
int sqlite3_exec(sqlite3 *database, const char *sql, void *callback, void *context, char **error);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n, sqlite3_stmt **stmt, const char **tail);
int sqlite3_bind_text(sqlite3_stmt *statement, int n, const char *text, int size, void *destructor);
int sqlite3_step(sqlite3_stmt *statement);
int sqlite3_reset(sqlite3_stmt *statement);
int sqlite3_finalize(sqlite3_stmt *statement);
const char *sqlite3_column_text(sqlite3_stmt *statement, int n);
]]
local ROW, DONE, STATIC = 100, 101, nil

local Store = {}
Store.__index = Store

function Store.open()
    local handle = ffi.new("sqlite3 *[1]")
    assert(sqlite.sqlite3_open(":memory:", handle) == 0)
    sqlite.sqlite3_exec(handle[0], "CREATE TABLE users (name TEXT, mail TEXT)", nil, nil, nil)
    return setmetatable({ db = handle[0] }, Store)
end

function Store:prepare(sql)
    local statement = ffi.new("sqlite3_stmt *[1]")
    assert(sqlite.sqlite3_prepare_v2(self.db, sql, #sql, statement, nil) == 0)
    return statement[0]
end

function Store:bind(statement, ...)
    self.texts = {}
    for i = 1, select("#", ...) do
        local text = tostring((select(i, ...)))
        self.texts[i] = text
        sqlite.sqlite3_bind_text(statement, i, text, #text, STATIC)
    end
end

function Store:add(name, domain)
    local insert = self:prepare("INSERT INTO users VALUES (?, ?)")
    self:bind(insert, name, name .. "@" .. domain)
    assert(sqlite.sqlite3_step(insert) == DONE)
    sqlite.sqlite3_finalize(insert)
end

function Store:mail(name)
    local query = self:prepare("SELECT mail FROM users WHERE name = ?")
    self:bind(query, name)
    local mail = sqlite.sqlite3_step(query) == ROW and ffi.string(sqlite.sqlite3_column_text(query, 0))
    sqlite.sqlite3_finalize(query)
    return mail
end

local store = Store.open()
for _, name in ipairs({ "ada", "grace" }) do store:add(name, "example.org") end
print(store:mail("ada"), store:mail("grace"))
sqlite.sqlite3_close(store.db)
