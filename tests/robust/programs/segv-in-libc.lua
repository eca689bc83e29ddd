local ffi = require 'ffi'
ffi.cdef 'size_t strlen(const char *);'
io.write('asking\n')
io.flush()
print(ffi.C.strlen(ffi.cast('const char *', 1234)))
