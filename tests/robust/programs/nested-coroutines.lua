local ffi = require 'ffi'
local function nest(depth)
    if depth == 0 then return ffi.new('int[3]', 7) end
    local co = coroutine.create(nest)
    local ok, value = coroutine.resume(co, depth - 1)
    if not ok then return value end
    return value
end
print(type(nest(100)), nest(100)[1])
local ok = nest(2000)
print(type(ok))
