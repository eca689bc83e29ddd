local ffi = require 'ffi'
ffi.cdef 'int getpid(void); int kill(int, int);'
io.write('killed\n')
io.flush()
for i = 1, 1000 do local t = { tostring(i) } end
ffi.C.kill(ffi.C.getpid(), 11)
for i = 1, 1e9 do end
