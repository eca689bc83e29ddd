local env = { print = print, tostring = tostring }
local f = loadstring('x = 1; local t = {} for i = 1, 100 do t[i] = tostring(i) end; print(x, #t)')
setfenv(f, env)
f()
print(x, env.x)
local co = coroutine.create(function() return getfenv(0) == _G, getfenv(1) end)
debug.setfenv(co, {})
print((select(2, coroutine.resume(co))))
local p = newproxy(true)
local q = newproxy(p)
print(getmetatable(p) == getmetatable(q), type(p))
getmetatable(p).__len = function() return 17 end
print(#q)
for i = 1, 1000 do local r = newproxy(i % 2 == 0) end
local weak = setmetatable({}, { __mode = 'k' })
for i = 1, 1000 do weak[newproxy()] = i end
collectgarbage() collectgarbage()
print(next(weak))
