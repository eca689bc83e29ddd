-- SPDX-License-Identifier: MIT
-- watch: waits with epoll(7) for what a command says
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
struct epoll_event { uint32_t events; uint64_t data; } __attribute__((packed));
int fileno(FILE *stream);
int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int epoll_wait(int epoll, struct epoll_event *events, int n, int timeout);
int close(int fd);
]]

local EPOLL_CTL_ADD, EPOLLIN = 1, 1
local epoll = C.epoll_create1(0)

local function start()
    local pipe = assert(io.popen("sleep 0; echo ready"))
    local fd = C.fileno(pipe)
    local started = { fd = fd, pipe = pipe }
    return started
end

local function watch(command)
    local event = ffi.new("struct epoll_event", { events = EPOLLIN, data = 7 })
    local n = -1
    if C.epoll_ctl(epoll, EPOLL_CTL_ADD, command.fd, event) == 0 then
        n = C.epoll_wait(epoll, event, 1, 10000)
    end
    return n, tonumber(event.data)
end

print(watch(start()))
