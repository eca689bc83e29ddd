-- SPDX-License-Identifier: MIT
-- echo: a server whose connections are known to epoll only, and wait for long
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
    typedef union { void *ptr; int fd; uint64_t u64; } echo_data;
    struct echo_event { uint32_t events; echo_data data; } __attribute__((packed));
    struct echo_conn { int fd; unsigned n_bytes; };
    int epoll_create1(int flags);
    int epoll_ctl(int epfd, int op, int fd, struct echo_event *event);
    int epoll_wait(int epfd, struct echo_event *events, int maxevents, int timeout);
    int socketpair(int domain, int type, int protocol, int *fds);
    ssize_t read(int fd, void *data, size_t size);
    ssize_t write(int fd, const void *data, size_t size);
    int close(int fd);
]]
local EPOLLIN, ADD, DEL = 1, 1, 2

local Server = {}
Server.__index = Server

function Server.new()
    return setmetatable({ epoll = C.epoll_create1(0), log = {}, conns = {} }, Server)
end

function Server:accept()
    local pair = ffi.new("int[2]")
    assert(C.socketpair(1, 1, 0, pair) == 0)
    local conn = ffi.new("struct echo_conn", pair[0], 0)
    local event = ffi.new("struct echo_event", EPOLLIN)
    self.conns[conn.fd] = conn
    event.data.ptr = conn
    assert(C.epoll_ctl(self.epoll, ADD, conn.fd, event) == 0)
    return pair[1]
end

function Server:serve(conn)
    local room = ffi.new("char[64]")
    local n = tonumber(C.read(conn.fd, room, 64))
    if n <= 0 then
        C.epoll_ctl(self.epoll, DEL, conn.fd, nil)
        local fd = conn.fd
        C.close(fd)
        self.conns[fd] = nil
        return
    end
    conn.n_bytes = conn.n_bytes + n
    C.write(conn.fd, room, n)
    self.log[#self.log + 1] = ffi.string(room, n)
end

function Server:step()
    local events = ffi.new("struct echo_event[4]")
    local n = C.epoll_wait(self.epoll, events, 4, 0)
    for i = 0, n - 1 do
        self:serve(ffi.cast("struct echo_conn *", events[i].data.ptr))
    end
end

local server = Server.new()
local client = server:accept()
for i = 1, 300 do
    server:step()
    server.log[#server.log + 1] = i % 100 == 0 and ("tick " .. i) or nil
end
C.write(client, "hello", 5)
server:step()
C.close(client)
server:step()
print(table.concat(server.log, ", "))
