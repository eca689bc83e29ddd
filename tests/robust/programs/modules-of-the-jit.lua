local ffi = require 'ffi'
local v, dump, util = pcall(require, 'jit.v'), pcall(require, 'jit.dump'), require 'jit.util'
if v then require('jit.v').on('/dev/null') end
local function work()
    local keep
    for i = 1, 2000 do
        local x = ffi.new('int[2]', i)
        keep = { x, tostring(i) }
    end
    return keep[2]
end
print(work())
if v then require('jit.v').off() end
if dump then
    require('jit.dump').on('tb', '/dev/null')
    loadstring('local n = 0 for i = 1, 500 do n = n + #tostring(i) end')()
    require('jit.dump').off()
end
local ok, p = pcall(require, 'jit.p')
if ok then
    p.start('fl10', '/dev/null')
    for i = 1, 50 do work() end
    p.stop()
end
print(type(util.funcinfo(work)), util.funcinfo(work).linedefined)
local n = 0
local function on_trace(what, tr) n = n + 1 end
jit.attach(on_trace, 'trace')
for i = 1, 3 do loadstring('local t for i = 1, 300 do t = { i } end')() end
jit.attach(on_trace)
print(n >= 0)
