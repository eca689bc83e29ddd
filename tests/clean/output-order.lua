-- SPDX-License-Identifier: MIT
-- Standard output and standard error keep their contents and their order, also when buffered.
io.stdout:setvbuf("full")
for i = 1, 300 do io.write(("line %d "):format(i), i % 10 == 0 and "\n" or "") end
io.stderr:write("a warning of the program's own\n")
io.flush()
local name = os.tmpname()
local f = assert(io.open(name, "w"))
for i = 1, 100 do f:write(i, " ", ("%x"):format(i * i), "\n") end
f:close()
local sum, n = 0, 0
for line in io.lines(name) do
    n, sum = n + 1, sum + tonumber(line:match(" (%x+)$"), 16)
end
os.remove(name)
print(n, sum)
