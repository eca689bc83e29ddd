-- SPDX-License-Identifier: MIT
-- sessions: a session is shared by two tables, and only one of them counted its reference
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct owners_shared owners_shared;
owners_shared *owners_shared_new(int code, const char *text);
owners_shared *owners_shared_retain(owners_shared *shared);
void owners_shared_release(owners_shared *shared);
int owners_shared_code(const owners_shared *shared);
]]

local by_user, by_token = {}, {}

local function login(user, token)
    local session = owners.owners_shared_new(token % 97, user)
    by_user[user] = session
    by_token[token] = owners.owners_shared_retain(session)
end

local function logout(user)
    owners.owners_shared_release(by_user[user])
    by_user[user] = nil
end

local function check(tokens)
    local sum = 0
    for _, token in ipairs(tokens) do
        sum = sum + owners.owners_shared_code(by_token[token])
    end
    return sum
end

login("ada", 1001)
login("grace", 1002)
login("edsger", 1003)
logout("grace")
print(check({ 1001, 1002, 1003 }))
for _, user in ipairs({ "ada", "edsger" }) do logout(user) end
for _, session in pairs(by_token) do owners.owners_shared_release(session) end
