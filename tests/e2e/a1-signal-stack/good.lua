-- SPDX-License-Identifier: MIT
-- signals: handlers run on a stack of their own, whose memory only the kernel knows
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct { void *memory; int flags; size_t size; } stack_t;
int sigaltstack(const stack_t *stack, stack_t *old);
typedef struct { void *handler; unsigned long mask[16]; int flags; void *restorer; } action_t;
int sigaction(int signal, const action_t *action, action_t *old);
int raise(int signal);
int getppid(void);
]]

local SIGUSR1, ON_STACK, SIZE = 10, 0x08000000, 8192

local Signals = { n = 0 }

function Signals.set_stack()
    local memory = ffi.new("char[?]", SIZE)
    C.sigaltstack(ffi.new("stack_t", memory, 0, SIZE), nil)
    Signals.stack = memory
end

function Signals.handle(signal, handler)
    local action = ffi.new("action_t", { handler = ffi.cast("void *", handler), flags = ON_STACK })
    assert(C.sigaction(signal, action, nil) == 0)
end

function Signals.send(signal)
    Signals.n = Signals.n + 1
    return C.raise(signal)
end

local function serve(n)
    local requests = {}
    for i = 1, n do requests[i % 16] = { ("request %d"):format(i), ffi.new("int[4]", i) } end
    return #requests
end

Signals.set_stack()
Signals.handle(SIGUSR1, C.getppid)
for _ = 1, 4 do
    serve(1000)
    Signals.send(SIGUSR1)
end
serve(1000)
print(Signals.n)
