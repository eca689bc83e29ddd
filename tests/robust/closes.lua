-- `closes.lua FILE`: as who becomes a daemon, closes standard error; FILE gets the number.
local ffi = require 'ffi'
ffi.cdef 'int close(int);'
ffi.C.close(2)
local file = assert(io.open(arg[1], 'w'))
local holder = ffi.new 'struct { char *p; }'
local function set() holder.p = ffi.new 'char[50]' end
set()
for i = 1, 2000 do local t = { i, tostring(i) } end
collectgarbage()
collectgarbage()
holder.p[0] = 65
file:write 'one line of data\n'
file:close()
print 'Hello world'
