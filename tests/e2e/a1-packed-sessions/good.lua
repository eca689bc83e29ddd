-- SPDX-License-Identifier: MIT
-- sessions: packed records in memory of C; a session dies early, and is used much later
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct { uint8_t kind; uint32_t id; void *obj; } __attribute__((packed)) rec;
typedef struct sess { int id; int hits; char user[24]; } sess;
void *calloc(size_t n, size_t m);
]]
local recs = ffi.cast("rec *", C.calloc(16, ffi.sizeof("rec")))
local keep = {}
local function login(i, user)
    local s = ffi.new("sess", i, 0, user)
    recs[i].kind, recs[i].id = 1, i
    recs[i].obj = s
    keep[i] = s
end
local function work(n)
    local t = {}
    for i = 1, n do
        local tmp = ffi.new("sess", i, i, "w" .. i)
        t[i % 7] = tmp.hits
    end
    return t[1]
end
for i = 0, 7 do login(i, "user" .. i) end
local sum = 0
for round = 1, 50 do
    sum = sum + work(400)
    if round == 50 then
        local s = ffi.cast("sess *", recs[3].obj)
        print(s.id, ffi.string(s.user), sum)
    end
end
