local ffi = require 'ffi'
local n = 200 * 1024 * 1024
local x = ffi.new('uint8_t[?]', n)
x[0], x[n - 1] = 3, 4
local p = ffi.new('uint8_t *[2]')
p[0], p[1] = x, x + n - 1
collectgarbage()
print(p[0][0], p[1][0], ffi.sizeof(x))
local t = {}
for i = 1, 3e6 do t[i] = i end
print(#t)
t = nil
local s = ('0123456789'):rep(5e6)
print(#s, #(s .. 'x'))
collectgarbage()
for i = 1, 5 do
    local y = ffi.new('uint8_t[?]', 30 * 1024 * 1024 + i)
    y[0] = 1
end
print(pcall(ffi.new, 'uint8_t[?]', 2 ^ 50))
print(pcall(ffi.new, 'uint8_t[?]', 2 ^ 31 - 1) ~= nil)
