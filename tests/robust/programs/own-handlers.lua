local ffi = require 'ffi'
ffi.cdef [[
typedef void (*handler)(int);
handler signal(int, handler);
int raise(int);
int sigprocmask(int, const void *, void *);
int sigemptyset(void *); int sigaddset(void *, int); int sigfillset(void *); int sigismember(const void *, int);
int sigpending(void *);
struct altstack { void *sp; int flags; size_t size; };
int sigaltstack(const struct altstack *, struct altstack *);
]]
local hits = 0
local cb = ffi.cast('handler', function(n) hits = hits + n end)
jit.off(true, true)
for i = 1, 2000 do local t = ffi.new('int[4]') end
collectgarbage()
ffi.C.signal(11, cb)
ffi.C.raise(11)
print(hits)
local set, old = ffi.new('char[128]'), ffi.new('char[128]')
ffi.C.sigemptyset(set)
ffi.C.sigaddset(set, 11)
ffi.C.sigaddset(set, 10)
print(ffi.C.sigprocmask(0, set, old), ffi.C.sigismember(old, 11))
ffi.C.raise(11)
print(hits)
ffi.C.sigprocmask(0, nil, old)
print(ffi.C.sigismember(old, 11), ffi.C.sigismember(old, 10), ffi.C.sigismember(old, 12))
ffi.C.sigprocmask(1, set, nil)
print(hits)
local memory = ffi.new('char[65536]')
local stack = ffi.new('struct altstack', memory, 0, 65536)
print(ffi.C.sigaltstack(stack, nil))
for i = 1, 2000 do local t = ffi.new('int[4]') end
local was = ffi.new('struct altstack')
ffi.C.sigaltstack(nil, was)
print(was.sp == ffi.cast('void *', memory), was.size)
print(ffi.C.signal(11, ffi.cast('handler', 0)) == cb)
stack.flags = 2
ffi.C.sigaltstack(stack, nil)
ffi.C.sigfillset(set)
print(ffi.C.sigprocmask(2, set, nil))
for i = 1, 5000 do local t = { ffi.new('int[4]') } end
collectgarbage()
print('end')
