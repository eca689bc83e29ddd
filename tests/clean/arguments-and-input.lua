-- SPDX-License-Identifier: MIT
-- Arguments, the arg table and standard input arrive as ever.
print(select("#", ...), ...)
print(#arg, arg[0], arg[1], arg[2])
local lines, size = 0, 0
for line in io.lines() do
    lines, size = lines + 1, size + #line
end
print(lines, size)
