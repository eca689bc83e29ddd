-- The limit is high enough for every host, low enough to be reached soon.
local ffi = require 'ffi'
ffi.cdef 'struct limit { unsigned long now, most; }; int setrlimit(int, const struct limit *);'
local AS = 9
assert(ffi.C.setrlimit(AS, ffi.new('struct limit', 1000 * 2 ^ 20, 1000 * 2 ^ 20)) == 0)
for round = 1, 3 do
    local t
    local ok, message = pcall(function()
        t = {}
        for i = 1, 1e9 do t[i] = ('x'):rep(2 ^ 20) .. i end
    end)
    t = nil
    collectgarbage()
    collectgarbage()
    print(ok, message)
end
local t = {}
for i = 1, 10000 do t[i] = { i } end
print(#t)
