jit.off()
local ffi = require 'ffi'
local lines, calls, counts = 0, 0, 0
local function work(n)
    local sum = 0
    for i = 1, n do
        local x = ffi.new('int[2]', i)
        sum = sum + x[1]
    end
    return sum
end
debug.sethook(function(event) lines = lines + 1 end, 'l')
print(work(200))
debug.sethook()
print(lines)
debug.sethook(function(event) calls = calls + 1 end, 'cr')
print(work(50))
debug.sethook()
print(calls)
debug.sethook(function() counts = counts + 1 local t = { counts } end, '', 10)
print(work(500))
print(debug.gethook() ~= nil)
debug.sethook()
print(counts)
debug.sethook(function() error('too long', 0) end, '', 1000)
print(pcall(work, 1e9))
debug.sethook()
