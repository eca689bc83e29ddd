local ffi = require 'ffi'
ffi.cdef 'int close(int); int open(const char *, int, int); int dup(int);'
local out = ffi.C.dup(1)
print('first')
io.flush()
for fd = 0, 100 do if fd ~= out then ffi.C.close(fd) end end
for i = 1, 5000 do local t = ffi.new('int[4]', i) end
collectgarbage()
-- Whatever the program opens next gets the lowest numbers, as always.
local a, b, c = ffi.C.open('/dev/null', 1, 0), ffi.C.open('/dev/null', 1, 0), ffi.C.open('/dev/null', 1, 0)
ffi.cdef 'long write(int, const void *, size_t);'
local text = ('%d %d %d\n'):format(a, b, c)
ffi.C.write(out, text, #text)
os.exit(4)
