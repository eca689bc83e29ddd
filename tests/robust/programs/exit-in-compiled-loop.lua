local ffi = require 'ffi'
local n = 0
for i = 1, 1e7 do
    local t = ffi.new('int[4]', i)
    n = n + t[3]
    if i == 30000 then os.exit(n % 200) end
end
