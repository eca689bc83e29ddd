-- SPDX-License-Identifier: MIT
-- sessions: a finaliser reads what the session points to
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int fd; char name[12]; } chan; typedef struct { chan *c; int id; } sess; ]]
local log = {}
local chans = {}
local S = ffi.metatype("sess", { __gc = function(s) log[#log + 1] = ffi.string(s.c.name) .. s.c.fd end })
local function open(i)
    local c = ffi.new("chan", i)
    ffi.copy(c.name, "ch")
    chans[i] = c
    local s = S()
    s.c, s.id = c, i
    return s
end
local function work() for i = 1, 5 do local s = open(i) end end
work()
local t = {}
for i = 1, 4000 do t[i % 10] = { i, tostring(i) } end
S = nil
print("done")
