-- `leaves.lua chroot|setuid`: gives up what it may reach, and has the article's bug afterwards.
local ffi = require 'ffi'
ffi.cdef 'int setuid(unsigned); int chroot(const char *); int chdir(const char *);'
if arg[1] == 'chroot' then
    assert(ffi.C.chroot '/proc' == 0 and ffi.C.chdir '/' == 0)
else
    assert(ffi.C.setuid(65534) == 0)
end
local holder = ffi.new 'struct { char *p; }'
local function set() holder.p = ffi.new 'char[50]' end
set()
for i = 1, 2000 do local t = { i, tostring(i) } end
collectgarbage()
collectgarbage()
holder.p[0] = 65
print 'Hello world'
