-- SPDX-License-Identifier: MIT
-- loop: registers connections with epoll, which keeps their addresses in the kernel
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef union epoll_data { void *ptr; int fd; uint32_t u32; uint64_t u64; } epoll_data_t;
struct epoll_event { uint32_t events; epoll_data_t data; } __attribute__((packed));
int epoll_create1(int flags);
int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
int pipe(int *fds);
int close(int fd);
ssize_t write(int fd, const void *buf, size_t n);
struct conn { int fd; int hits; char name[16]; };
]]
local Loop = {}
Loop.__index = Loop
function Loop.new()
    return setmetatable({ ep = C.epoll_create1(0), evs = ffi.new("struct epoll_event[8]") }, Loop)
end
function Loop:add(fd, name)
    local c = ffi.new("struct conn")
    c.fd = fd
    ffi.copy(c.name, name)
    local ev = ffi.new("struct epoll_event")
    ev.events = 1
    ev.data.ptr = c
    assert(C.epoll_ctl(self.ep, 1, fd, ev) == 0)
end
function Loop:poll()
    local n = C.epoll_wait(self.ep, self.evs, 8, 100)
    local names = {}
    for i = 0, n - 1 do
        local c = ffi.cast("struct conn *", self.evs[i].data.ptr)
        c.hits = c.hits + 1
        names[#names + 1] = ffi.string(c.name) .. c.hits
    end
    table.sort(names)
    return table.concat(names, ",")
end
local loop = Loop.new()
local fds = {}
for i = 1, 3 do
    local p = ffi.new("int[2]")
    C.pipe(p)
    fds[i] = { p[0], p[1] }
    loop:add(p[0], "conn" .. i)
end
for i = 1, 3 do C.write(fds[i][2], "x", 1) end
print(loop:poll())
print(loop:poll())
