-- chroot and setuid need root: without it both runs say so.
local ffi = require 'ffi'
ffi.cdef 'int chroot(const char *); int chdir(const char *); int setuid(unsigned);'
for i = 1, 2000 do local t = { ffi.new('int[4]') } end
print(ffi.C.chroot('/proc'), ffi.C.chdir('/'), ffi.C.setuid(65534))
for i = 1, 2000 do local t = { ffi.new('int[4]') } end
collectgarbage()
print(io.open('/etc/passwd'))
