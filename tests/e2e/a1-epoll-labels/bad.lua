-- SPDX-License-Identifier: MIT
-- labels: names of channels that only epoll has the addresses of, read by C when one is ready
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
    struct label_event { uint32_t events; union { const char *name; uint64_t id; } data; } __attribute__((packed));
    int epoll_create1(int flags);
    int epoll_ctl(int epfd, int op, int fd, struct label_event *event);
    int epoll_wait(int epfd, struct label_event *events, int maxevents, int timeout);
    int pipe(int *fds);
    ssize_t write(int fd, const void *data, size_t size);
    size_t strlen(const char *text);
]]
local EPOLLIN, ADD = 1, 1

local Channels = {}
Channels.__index = Channels

function Channels.new()
    return setmetatable({ epoll = C.epoll_create1(0), writers = {}, names = {} }, Channels)
end

function Channels:open(number)
    local fds = ffi.new("int[2]")
    assert(C.pipe(fds) == 0)
    local name = ffi.new("char[32]", "channel " .. number)
    local event = ffi.new("struct label_event", EPOLLIN)
    event.data.name = name
    assert(C.epoll_ctl(self.epoll, ADD, fds[0], event) == 0)
    self.writers[number] = fds[1]
end

function Channels:wake(number)
    C.write(self.writers[number], "x", 1)
end

function Channels:ready()
    local events, length = ffi.new("struct label_event[8]"), 0
    for i = 0, C.epoll_wait(self.epoll, events, 8, 0) - 1 do
        length = length + tonumber(C.strlen(events[i].data.name))
    end
    return length
end

local channels = Channels.new()
for number = 1, 5 do channels:open(number) end
local log = {}
for i = 1, 200 do log[i % 10] = ("turn %d"):format(i) end
channels:wake(3)
print(channels:ready(), #log)
