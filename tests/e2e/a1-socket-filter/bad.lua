-- SPDX-License-Identifier: MIT
-- a socket with a filter: the program of the filter is in a struct that setsockopt is given, which
-- only leads to it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct sock_filter { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct sock_fprog { unsigned short len; struct sock_filter *filter; };
int socketpair(int domain, int type, int protocol, int fds[2]);
int setsockopt(int fd, int level, int name, const void *value, uint32_t size);
ssize_t send(int fd, const void *data, size_t size, int flags);
ssize_t recv(int fd, void *data, size_t size, int flags);
int close(int fd);
]]
local AF_UNIX, SOCK_DGRAM, SOL_SOCKET, SO_ATTACH_FILTER = 1, 2, 1, 26
local MSG_DONTWAIT = 0x40
local LOAD_BYTE, JUMP_EQUAL, RETURN = 0x30, 0x15, 0x06

local Filter = {}
Filter.__index = Filter

-- lets datagrams through that begin with a letter
function Filter.first_byte(letter)
    local steps = {
        { LOAD_BYTE, 0, 0, 0 },
        { JUMP_EQUAL, 0, 1, letter:byte() },
        { RETURN, 0, 0, 0xffff },
        { RETURN, 0, 0, 0 },
    }
    local code = ffi.new("struct sock_filter[?]", #steps, steps)
    local program = ffi.new("struct sock_fprog", #steps, code)
    return setmetatable({ program = program, note = "first byte " .. letter }, Filter)
end

function Filter:describe()
    return ("%s, %d steps"):format(self.note, self.program.len)
end

function Filter:attach(fd)
    local size = ffi.sizeof(self.program)
    local status = C.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, self.program, size)
    return status == 0
end

local fds = ffi.new("int[2]")
assert(C.socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0)
local filter = Filter.first_byte("k")
print(filter:describe())
assert(filter:attach(fds[1]))
for _, text in ipairs({ "keep", "lose", "kept" }) do
    C.send(fds[0], text, #text, MSG_DONTWAIT)
end
local room = ffi.new("char[64]")
for _ = 1, 2 do
    local n = tonumber(C.recv(fds[1], room, 64, MSG_DONTWAIT))
    print(n > 0 and ffi.string(room, n))
end
C.close(fds[0])
C.close(fds[1])
