-- SPDX-License-Identifier: MIT
-- what is counted may be released in a callback, also the session that is being served
local ffi = require("ffi")
ffi.cdef [[
struct session;
struct session *session_open(const char *name);
void session_retain(struct session *session);
void session_release(struct session *session);
const char *session_name(const struct session *session);
int session_serve(int (*handle)(struct session *session, int packet), int packet);
]]
local lib = ffi.load("testsessions")

local function share(session)
    lib.session_retain(session)
    return ffi.gc(ffi.cast("struct session *", session + 0), lib.session_release)
end

local kept = {}
for i = 1, 3 do kept[i] = lib.session_open("session " .. i) end

local log = {}
local handle = ffi.cast("int (*)(struct session *, int)", function(session, packet)
    local mine = share(session)
    log[#log % 20 + 1] = { name = ffi.string(lib.session_name(mine)), packet = packet, {} }
    mine = nil
    log[#log].text = ("packet %d"):format(packet) .. #log
    return 1
end)

local n = 0
for packet = 1, 100 do n = n + lib.session_serve(handle, packet) end
print(n, #log)
