local ffi = require 'ffi'
local sum = 0
local function work(n)
    local keep = {}
    for i = 1, n do
        local x = ffi.new('struct { int a; void *p; }')
        x.a = i
        keep[i % 10] = x
        sum = sum + x.a
    end
end
for round = 1, 30 do
    work(300)
    if round % 3 == 0 then jit.off() elseif round % 3 == 1 then jit.on() else jit.flush() end
    if round % 5 == 0 then jit.opt.start('hotloop=' .. round) end
    if round == 7 then jit.off(work, true) elseif round == 14 then jit.on(work, true) end
end
jit.opt.start('maxtrace=10', 'maxmcode=64')
jit.on()
for i = 1, 40 do
    loadstring('local n = 0 for i = 1, 200 do n = n + ' .. i .. ' end return n')()
end
print(sum)
