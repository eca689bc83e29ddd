local ffi = require 'ffi'
local function f(n)
    local total = 0
    for i = 1, n do
        local x = ffi.new('int[2]', i)
        total = total + x[1]
    end
    return total
end
local total = 0
for i = 1, 2000 do
    local g = assert(loadstring(string.dump(f, i % 2 == 0), '=chunk' .. i))
    setfenv(g, { require = require })
    local up = 1
    if debug.setupvalue(g, 1, ffi) then total = total + g(70) end
end
print(total)
