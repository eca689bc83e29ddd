local function deep(n) return 1 + deep(n + 1) end
for i = 1, 5 do
    local ok, message = pcall(deep, 1)
    print(ok, (message:gsub('^.-:%d+: ', '')))
end
local function wide(...) return wide(1, ...) end
print(pcall(wide))
local t = setmetatable({}, { __index = function(t, k) return t[k .. 'x'] end })
print(pcall(function() return #t.x > 0 end) == false)
print(select('#', pcall(string.rep, 'x', -1)))
local co = coroutine.wrap(function() return pcall(deep, 1) end)
print((co()))
local ok, message = xpcall(deep, function(m) return 'handled' end, 1)
print(ok, message)
