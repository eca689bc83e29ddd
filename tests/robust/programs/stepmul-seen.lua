-- The collector's settings are the program's, also right after an allocation.
local ffi = require 'ffi'
local seen = {}
for i = 1, 200 do
    local t = { i }
    local old = collectgarbage('setstepmul', 150 + i)
    seen[old] = (seen[old] or 0) + 1
    local x = ffi.new('int[?]', i)
    old = collectgarbage('setstepmul', 150 + i)
    seen[old] = (seen[old] or 0) + 1
    local s = 'a' .. i
    old = collectgarbage('setpause', 100 + i)
    seen['p' .. old] = (seen['p' .. old] or 0) + 1
end
local names = {}
for k in pairs(seen) do names[#names + 1] = tostring(k) end
table.sort(names)
print(#names, table.concat(names, ' '))
