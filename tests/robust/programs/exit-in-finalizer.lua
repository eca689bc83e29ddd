local ffi = require 'ffi'
io.write('start\n')
local function die() os.exit(9, true) end
do
    local x = ffi.gc(ffi.new('int[8]'), die)
    x = nil
end
collectgarbage()
collectgarbage()
for i = 1, 1e6 do local t = {i} end
print('not reached')
