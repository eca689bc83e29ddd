-- SPDX-License-Identifier: MIT
-- connections own a session; one that nobody keeps is closed while its packet is handled
local ffi = require("ffi")
ffi.cdef [[
struct session;
struct connection { struct session *session; int id; };
struct session *session_open(const char *name);
void session_close(struct session *session);
const char *session_name(const struct session *session);
int session_serve(int (*handle)(struct session *session, int packet), int packet);
]]
local lib = ffi.load("testsessions")

local Connection = ffi.metatype("struct connection", {
    __gc = function(self) lib.session_close(self.session) end,
})

local replies = {}
local function reply(session, packet)
    local lines = {}
    for i = 1, packet % 5 + 1 do lines[i] = ("%s line %d"):format("packet " .. packet, i) end
    replies[#replies % 50 + 1] = table.concat(lines, "\n")
    return #lines
end
local handle = ffi.cast("int (*)(struct session *, int)", reply)

local function connect(id)
    local connection = Connection(lib.session_open("user " .. id), id)
    return connection.id
end

local n = 0
for round = 1, 40 do
    connect(round)
    n = n + lib.session_serve(handle, round)
end
print(n > 0, #replies > 0)
