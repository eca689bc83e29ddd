-- SPDX-License-Identifier: MIT
-- a session ends with its proxy: the finalizer of a userdata reads what the session points to
local ffi = require("ffi")
ffi.cdef [[
struct peer { int id; int n_bytes; };
struct session { struct peer *peer; int state; };
]]

local log = {}
local function open(i)
    local peer = ffi.new("struct peer", i, i * 100)
    local session = ffi.new("struct session")
    session.peer = peer
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = function() log[#log + 1] = session.peer.n_bytes end
    return proxy
end

local function work() for i = 1, 8 do open(i) end end
work()
local rows = {}
for i = 1, 4000 do rows[i % 11] = { i, "row " .. i } end
print(#rows)
