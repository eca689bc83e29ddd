-- `long.lua LOADS ROUNDS`: makes that many functions that make cdata, then much garbage of every
-- kind and size, then uses dead memory.  Prints the most memory that it had on standard output.
local ffi = require 'ffi'
ffi.cdef 'struct holder { char *p; };'
for i = 1, tonumber(arg[1]) do
    assert(load('local ffi = ... local x = ffi.new("int[2]", ' .. i .. ') return tostring(x[0])'))(ffi)
end
local keep = {}
for n = 1, tonumber(arg[2]) do
    for i = 1, 500 do
        local x, data = ffi.new 'struct holder', ffi.new('char[?]', (i * 37 + n) % 3000 + 1)
        x.p = data
        keep[(n * 500 + i) % 5000] = { x, data, ('k'):rep((i * n) % 700) }
    end
    if n % 50 == 0 then keep[0] = ffi.new('char[?]', 3e6 + n * 10) end
    local co = coroutine.wrap(function() for i = 1, 50 do coroutine.yield { i } end end)
    for i = 1, 40 do co() end
end
local holder = ffi.new 'struct holder'
local function set() holder.p = ffi.new 'char[50]' end
set()
for i = 1, 20000 do local t = { i, tostring(i) } end
collectgarbage()
collectgarbage()
if arg[3] == 'use' then holder.p[0] = 65 end
print(io.open('/proc/self/status'):read('*a'):match('VmHWM:%s*(%d+)'))
