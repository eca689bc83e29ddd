local ok, buffer = pcall(require, 'string.buffer')
local pieces = {}
for i = 1, 1500 do pieces[i] = ('%d:%s'):format(i, ('ab'):rep(i % 5)) end
local joined = table.concat(pieces, ';')
local slow = ''
for i = 1, 400 do slow = slow .. pieces[i] .. ';' end
assert(joined:sub(1, #slow) == slow)
if ok then
    local b = buffer.new()
    for i = 1, 1500 do
        if i > 1 then b:put(';') end
        b:put(pieces[i])
    end
    assert(b:tostring() == joined)
end
print(#joined, #slow, joined:reverse():sub(1, 20), joined:upper():sub(-20))
local n = 0
for word, number in joined:gmatch('(%d+):(%w*)') do n = n + #word + #number end
print(n, (joined:gsub('%d', function(d) return 9 - d end)):sub(1, 50))
