local ffi = require 'ffi'
ffi.cdef [[
int posix_spawn(int *, const char *, const void *, const void *, char *const *, char *const *);
int waitpid(int, int *, int);
int vfork(void);
int execv(const char *, char *const *);
extern char **environ;
]]
local function strings(...)
    local list = ffi.new('const char *[?]', select('#', ...) + 1, { ... })
    return ffi.cast('char *const *', list), list, { ... }
end
local status, pid = ffi.new('int[1]'), ffi.new('int[1]')
for i = 1, 20 do
    local text = 'exit ' .. i
    local argv, keep, words = strings('sh', '-c', text)
    assert(ffi.C.posix_spawn(pid, '/bin/sh', nil, nil, argv, ffi.C.environ) == 0)
    assert(ffi.C.waitpid(pid[0], status, 0) == pid[0])
    assert(bit.rshift(status[0], 8) == i)
end
for i = 1, 10 do assert(os.execute('exit ' .. i) ~= 0) end
local pipe = io.popen('echo from a child; exit 3')
print(pipe:read('*a'))
pipe:close()
local argv, keep, words = strings('sh', '-c', 'echo exec chain; exec sh -c "exec sh -c \\"exit 12\\""')
io.flush()
ffi.C.execv('/bin/sh', argv)
