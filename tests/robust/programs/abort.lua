local ffi = require 'ffi'
ffi.cdef 'void abort(void);'
local t = {}
for i = 1, 5000 do t[i] = ffi.new('char[?]', i) end
io.write('aborting\n')
io.flush()
ffi.C.abort()
