-- SPDX-License-Identifier: MIT
-- Children by io.popen and os.execute, among them another LuaJIT.
local pipe = io.popen("echo a child speaks; exit 4")
print(pipe:read("*a"), pipe:close())
print(os.execute("exit 3"))
print(os.execute("true"))

local first = 0
while arg[first - 1] do first = first - 1 end
local luajit = io.popen(arg[first]
    .. [[ -e 'local t = {} for i = 1, 50 do t[i] = i * 2 end print(#t, t[50])']])
print(luajit:read("*a"))
print(luajit:close())
local writer = io.popen("cat", "w")
writer:write("through cat\n")
print(writer:close())
