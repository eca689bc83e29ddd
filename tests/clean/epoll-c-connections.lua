-- SPDX-License-Identifier: MIT
-- Memory of C that only epoll knows of: no leak, the events bring it back.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
    typedef union { void *ptr; uint64_t u64; } conn_data;
    struct conn_event { uint32_t events; conn_data data; } __attribute__((packed));
    struct conn { int fd; int number; struct conn_state { char name[16]; } *state; };
    int epoll_create1(int flags);
    int epoll_ctl(int epfd, int op, int fd, struct conn_event *event);
    int epoll_wait(int epfd, struct conn_event *events, int maxevents, int timeout);
    int pipe(int *fds);
    ssize_t write(int fd, const void *data, size_t size);
    int close(int fd);
    void *malloc(size_t size);
    void free(void *block);
]]
local epoll, n_pipes = C.epoll_create1(0), 60
local writers = {}

local function add(number)
    local fds = ffi.new("int[2]")
    assert(C.pipe(fds) == 0)
    local conn = ffi.cast("struct conn *", C.malloc(ffi.sizeof("struct conn")))
    conn.fd, conn.number = fds[0], number
    conn.state = ffi.cast("struct conn_state *", C.malloc(ffi.sizeof("struct conn_state")))
    ffi.copy(conn.state.name, "pipe " .. number)
    local event = ffi.new("struct conn_event", 1)
    event.data.ptr = conn
    assert(C.epoll_ctl(epoll, 1, fds[0], event) == 0)
    writers[number] = fds[1]
end

local function handle(conn)
    local name = ffi.string(conn.state.name)
    C.epoll_ctl(epoll, 2, conn.fd, nil)
    C.close(conn.fd)
    C.free(conn.state)
    C.free(conn)
    return name
end

for number = 1, n_pipes do add(number) end
local kept = {}
for i = 1, 30000 do kept[i % 50] = { i, tostring(i) } end
for number = 1, n_pipes do C.write(writers[number], "x", 1) end
local names = {}
local events = ffi.new("struct conn_event[8]")
while #names < n_pipes do
    for i = 0, C.epoll_wait(epoll, events, 8, 1000) - 1 do
        names[#names + 1] = handle(ffi.cast("struct conn *", events[i].data.ptr))
    end
end
table.sort(names)
print(#names, names[1], names[#names])
