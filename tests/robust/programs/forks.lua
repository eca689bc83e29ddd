local ffi = require 'ffi'
ffi.cdef 'int fork(void); int waitpid(int, int *, int); void _exit(int);'
local keep = {}
for i = 1, 500 do keep[i] = ffi.new('int[?]', i) end
local status, sum = ffi.new('int[1]'), 0
for i = 1, 60 do
    local pid = ffi.C.fork()
    if pid == 0 then
        for k = 1, 500 do keep[k % 7] = ffi.new('int[?]', k) end
        collectgarbage()
        local inner = ffi.C.fork()
        if inner == 0 then
            for k = 1, 100 do local t = { ffi.new('int[?]', k) } end
            ffi.C._exit(3)
        end
        assert(ffi.C.waitpid(inner, status, 0) == inner)
        ffi.C._exit(bit.rshift(status[0], 8) + i)
    end
    assert(ffi.C.waitpid(pid, status, 0) == pid)
    sum = sum + bit.rshift(status[0], 8)
end
print(sum)
