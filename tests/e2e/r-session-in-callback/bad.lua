-- SPDX-License-Identifier: MIT
-- sessions are closed by finalizers, also the one that the server is just serving
local ffi = require("ffi")
ffi.cdef [[
struct session;
struct session *session_open(const char *name);
void session_close(struct session *session);
const char *session_name(const struct session *session);
int session_serve(int (*handle)(struct session *session, int packet), int packet);
]]
local lib = ffi.load("testsessions")

local known = setmetatable({}, { __mode = "v" })

local function accept(name)
    local session = ffi.gc(lib.session_open(name), lib.session_close)
    known[name] = session
end

local served = {}
local handle = ffi.cast("int (*)(struct session *, int)", function(session, packet)
    local name = ffi.string(lib.session_name(session))
    served[#served % 20 + 1] = { name = name, packet = packet, text = name .. ":" .. packet }
    return 1
end)

local n = 0
for packet = 1, 60 do
    if packet % 4 == 1 then accept("session " .. packet) end
    n = n + lib.session_serve(handle, packet)
end
print(n > 0, #served > 0)
