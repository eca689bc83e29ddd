local ffi = require 'ffi'
io.write('reading\n')
io.flush()
local p = ffi.cast('int *', 16)
print(p[0])
