local ffi = require 'ffi'
collectgarbage('stop')
for i = 1, 3000 do local x = ffi.new('int[8]') end
collectgarbage('restart')
for i = 1, 3000 do local x = ffi.new('int[8]'); collectgarbage('step', i % 7) end
for _, value in ipairs { 0, 1, 50, 100, 200, 1000, -1, -1000, 2147483647 } do
    collectgarbage('setpause', value)
    collectgarbage('setstepmul', value)
    for i = 1, 300 do local t = { i, tostring(i) } end
    collectgarbage('step')
end
collectgarbage('setpause', 200)
collectgarbage('setstepmul', 200)
print(pcall(collectgarbage, 'generational'))
print(pcall(collectgarbage, 'nonsense'))
print(collectgarbage('setpause', 111), collectgarbage('setpause', 222))
print(collectgarbage('setstepmul', 111), collectgarbage('setstepmul', 222))
collectgarbage('stop')
collectgarbage('stop')
for i = 1, 10 do collectgarbage('step', 100) end
collectgarbage()
print(collectgarbage('count') > 0)
