-- An error in a finaliser arrives wherever the collector runs, and at the end of the program nowhere.
jit.off()
local ffi = require 'ffi'
local n_caught = 0
local function fail() error('from the finaliser', 0) end
local function step(i)
    ffi.gc(ffi.new('int[2]'), fail)
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = fail
    proxy = nil
    collectgarbage()
end
for i = 1, 400 do
    local ok, message = pcall(step, i)
    if not ok then
        assert(message == 'from the finaliser', message)
        n_caught = n_caught + 1
    end
end
collectgarbage 'stop'
print(n_caught > 10)
_G.last = newproxy(true)
getmetatable(_G.last).__gc = fail
