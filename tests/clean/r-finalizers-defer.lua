-- SPDX-License-Identifier: MIT
-- finalizers only put down what is to be closed; that is done when the server has returned
local ffi = require("ffi")
ffi.cdef [[
struct session;
struct session *session_open(const char *name);
void session_close(struct session *session);
int session_serve(int (*handle)(struct session *session, int packet), int packet);
]]
local lib = ffi.load("testsessions")

local to_close = {}
local function connect(name)
    local session = lib.session_open(name)
    local guard = newproxy(true)
    getmetatable(guard).__gc = function() to_close[#to_close + 1] = session end
    return guard
end

local log = {}
local handle = ffi.cast("int (*)(struct session *, int)", function(_, packet)
    log[#log % 9 + 1] = { packet, { "packet " .. packet } }
    return 1
end)

local n = 0
for packet = 1, 80 do
    connect("session " .. packet)
    n = n + lib.session_serve(handle, packet)
    for i = #to_close, 1, -1 do lib.session_close(table.remove(to_close, i)) end
end
print(n > 0, #log)
