-- Needs memory of every kind: small objects, large ones, one larger than a region, code.
local ffi = require 'ffi'
ffi.cdef 'struct node { struct node *next; int v; char name[20]; };'
local keep, sum = {}, 0
for i = 1, 300 do
    local n, m = ffi.new 'struct node', ffi.new 'struct node'
    n.v, m.v, m.next = i, 2 * i, n
    keep[i] = { n, m, ('x'):rep(i) }
end
local big = {}
for i = 1, 20 do
    big[i] = ffi.new('char[?]', 400000)
    big[i][399999] = i
end
local huge = ffi.new('char[?]', 70 * 1024 * 1024)
huge[1] = 3
for i = 1, 20 do sum = sum + big[i][399999] end
for i = 1, 300 do sum = sum + keep[i][2].next.v + #keep[i][3] end
local t = {}
for i = 1, 200000 do t[i] = { i } end
local co = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end)
for _ = 1, 10 do sum = sum + co() end
collectgarbage()
print(sum, #t, huge[1])
os.exit(7)
