-- SPDX-License-Identifier: MIT
-- Addresses of C memory that only the kernel has for a while: in the value of a signal or a timer,
-- as the stack of signal handlers, in long messages, and in data of epoll that was set by number.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void *malloc(size_t size);
void free(void *block);
int getpid(void);
typedef struct { unsigned long bits[16]; } signals_t;
int sigemptyset(signals_t *set);
int sigaddset(signals_t *set, int signal);
int sigprocmask(int how, const signals_t *set, signals_t *old);
typedef struct { int signal, error, code, gap; int timer, overrun; char *value; char rest[96]; } info_t;
int sigwaitinfo(const signals_t *set, info_t *info);
union value { char *text; };
int sigqueue(int process, int signal, union value value);
typedef struct { char *value; int signal, notify; char rest[48]; } event_t;
int timer_create(int clock, event_t *event, void **timer);
typedef struct { long s, ns, first_s, first_ns; } times_t;
int timer_settime(void *timer, int flags, const times_t *times, times_t *old);
int timer_delete(void *timer);
typedef struct { void *stack; int flags; size_t size; } stack_t;
int sigaltstack(const stack_t *stack, stack_t *old);
int socketpair(int domain, int type, int protocol, int fds[2]);
long send(int fd, const void *data, size_t size, int flags);
long recv(int fd, void *data, size_t size, int flags);
typedef struct { char text[1000]; char *more; } message_t;
typedef struct __attribute__((packed)) { uint32_t events; char *data; } epoll_t;
long syscall(long number, ...);
int eventfd(unsigned value, int flags);
int close(int fd);
]]

local SIGNAL, BLOCK, N = 40, 0, 12
local set = ffi.new("signals_t")
C.sigemptyset(set)
C.sigaddset(set, SIGNAL)
C.sigprocmask(BLOCK, set, nil)

local function value(i) return C.strdup(("value %d"):format(i)) end

local function take(text)
    local length = #ffi.string(text)
    C.free(text)
    return length
end

local Queue = {}
function Queue.put(i) C.sigqueue(C.getpid(), SIGNAL, ffi.new("union value", value(i))) end
function Queue.take()
    local info = ffi.new("info_t")
    C.sigwaitinfo(set, info)
    return take(info.value)
end

local Timers = { timers = {} }
function Timers.put(i)
    local event, timer = ffi.new("event_t", value(i), SIGNAL, 0), ffi.new("void *[1]")
    C.timer_create(1, event, timer)
    Timers.timers[i] = timer[0]
end
function Timers.take(i)
    C.timer_settime(Timers.timers[i], 0, ffi.new("times_t", 0, 0, 0, 1), nil)
    local length = Queue.take()
    C.timer_delete(Timers.timers[i])
    return length
end

local Messages = { fds = ffi.new("int[2]") }
C.socketpair(1, 2, 0, Messages.fds)
function Messages.put(i)
    local message = ffi.new("message_t", "long", value(i))
    C.send(Messages.fds[1], message, ffi.sizeof(message), 0)
end
function Messages.take()
    local message = ffi.new("message_t")
    C.recv(Messages.fds[0], message, ffi.sizeof(message), 0)
    return take(message.more)
end

-- numbers of x86-64
local EPOLL_CREATE1, EPOLL_CTL, EPOLL_WAIT, ADD, READABLE = 291, 233, 232, 1, 1
local Epoll = ffi.abi("64bit") and jit.arch == "x64" and {
    fds = {},
    fd = ffi.cast("int", C.syscall(EPOLL_CREATE1, 0LL)),
}
if Epoll then
    local function int(number) return ffi.cast("long", number) end
    function Epoll.put(i)
        Epoll.fds[i] = C.eventfd(1, 0)
        local event = ffi.new("epoll_t", READABLE, value(i))
        C.syscall(EPOLL_CTL, int(Epoll.fd), int(ADD), int(Epoll.fds[i]), event)
    end
    function Epoll.take()
        local event = ffi.new("epoll_t")
        C.syscall(EPOLL_WAIT, int(Epoll.fd), event, int(1), int(-1))
        return take(event.data)
    end
end

local function other_work(n)
    local parts = {}
    for i = 1, n do parts[i % 20] = { ffi.new("int[4]", i), ("part %d"):format(i) } end
    return #parts
end

local function set_stack(size)
    local stack = ffi.new("stack_t", C.malloc(size), 0, size)
    C.sigaltstack(stack, nil)
end

local function free_stack()
    local old = ffi.new("stack_t")
    C.sigaltstack(ffi.new("stack_t", nil, 2, 0), old)
    C.free(old.stack)
    return tonumber(old.size)
end

set_stack(65536)
local sums = {}
for _, kind in ipairs({ Queue, Timers, Messages, Epoll or Messages }) do
    local sum = 0
    for i = 1, N do
        kind.put(i)
        other_work(150)
    end
    for i = 1, N do sum = sum + kind.take(i) end
    sums[#sums + 1] = sum
end
print(table.concat(sums, " "), free_stack())
