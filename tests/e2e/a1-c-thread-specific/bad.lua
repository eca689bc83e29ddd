-- SPDX-License-Identifier: MIT
-- session: what the current user may do, found through a key of the thread
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
int pthread_key_create(unsigned *key, void (*destructor)(void *));
int pthread_setspecific(unsigned key, const void *value);
void *pthread_getspecific(unsigned key);
typedef struct { int user, n_checks; unsigned rights; } session;
]]
local READ, WRITE = 1, 2

local Session = { key = ffi.new("unsigned[1]") }
assert(C.pthread_key_create(Session.key, nil) == 0)

function Session.enter(user, rights)
    local session = ffi.new("session", user, 0, rights)
    C.pthread_setspecific(Session.key[0], session)
end

function Session.may(right)
    local session = ffi.cast("session *", C.pthread_getspecific(Session.key[0]))
    session.n_checks = session.n_checks + 1
    return session.rights % (2 * right) >= right, session.n_checks
end

Session.enter(1000, READ)
local answers = {}
for i, right in ipairs({ READ, WRITE }) do
    local ok, n = Session.may(right)
    answers[i] = tostring(ok) .. n
end
print(table.concat(answers, " "))
