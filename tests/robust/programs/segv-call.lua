local ffi = require 'ffi'
io.write('calling\n')
io.flush()
ffi.cast('void (*)(void)', 8)()
