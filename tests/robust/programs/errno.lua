local ffi = require 'ffi'
ffi.cdef 'int close(int); int open(const char *, int); int chdir(const char *);'
local bad = 0
local keep = {}
for i = 1, 3000 do
    ffi.errno(0)
    local result = ffi.C.close(-1)
    local t = { i, 'string' .. i }
    keep[i % 50] = ffi.new('char[?]', i)
    if i % 100 == 0 then collectgarbage() end
    if result ~= -1 or ffi.errno() ~= 9 then bad = bad + 1 end
    result = ffi.C.chdir('/does/not/exist/' .. i)
    for k = 1, 3 do t = { k, tostring(k) .. i } end
    if ffi.errno() ~= 2 then bad = bad + 1 end
end
print(bad)
