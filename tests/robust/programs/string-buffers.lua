local ok, buffer = pcall(require, 'string.buffer')
if not ok then
    print 'as expected'
    return
end
local b = buffer.new()
for i = 1, 3000 do b:put(i, ' '); if i % 10 == 0 then b:skip(15) end end
local p, n = b:reserve(5000)
p[0], p[1] = 65, 66
b:commit(2)
assert(#b:tostring() > 0)
for i = 1, 200 do
    local x = buffer.new(i * 10)
    x:set(('y'):rep(i))
    x:encode({ i, { a = i } })
    assert(#x:get() > i)
    x:free()
    x:put('again'):reset()
end
print 'as expected'
