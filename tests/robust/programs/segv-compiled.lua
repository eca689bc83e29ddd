local ffi = require 'ffi'
local a = ffi.new('int *[200]')
local one = ffi.new('int[1]', 1)
for i = 0, 198 do a[i] = one end
a[199] = ffi.cast('int *', 4096)
io.write('reading\n')
io.flush()
local n = 0
for i = 0, 199 do n = n + a[i][0] end
print(n)
