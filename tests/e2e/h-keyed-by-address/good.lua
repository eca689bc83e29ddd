-- SPDX-License-Identifier: MIT
-- sessions: buffers of C memory, found again by their address
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *block);
]]

local sessions = { list = {}, n = 0 }

local function key_of(buffer) return tonumber(ffi.cast("uintptr_t", buffer)) end

function sessions.open(user)
    local buffer = ffi.cast("char *", C.malloc(64))
    ffi.copy(buffer, user)
    sessions.list[key_of(buffer)] = { user = user, buffer = buffer }
    sessions.n = sessions.n + 1
    return buffer
end

function sessions.close(buffer)
    local session = sessions.list[key_of(buffer)]
    sessions.list[key_of(buffer)] = nil
    sessions.n = sessions.n - 1
    C.free(buffer)
    return session.user
end

local users = {}
for i = 1, 12 do
    local buffer = sessions.open("user" .. i)
    users[i] = sessions.close(buffer)
end
print(#users, sessions.n)
