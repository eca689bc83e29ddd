-- 100,000 functions are made, run once, and collected.
local sum = 0
for i = 1, 100000 do
    sum = sum + assert(load('local t = {' .. i % 7 .. '} return t[1] + #"' .. i % 13 .. '"'))()
end
print(sum)
