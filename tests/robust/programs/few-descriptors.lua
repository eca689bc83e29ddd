local ffi = require 'ffi'
ffi.cdef 'struct limit { unsigned long now, most; }; int setrlimit(int, const struct limit *);'
assert(ffi.C.setrlimit(7, ffi.new('struct limit', 3, 3)) == 0)
for i = 1, 5000 do local t = ffi.new('int[4]', i) end
collectgarbage()
print(io.open('/dev/null'))
