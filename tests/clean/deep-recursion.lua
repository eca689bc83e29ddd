-- SPDX-License-Identifier: MIT
-- Deep stacks, a stack overflow that pcall catches, and an error in an error handler.
local function depth(n) return n == 0 and 0 or 1 + depth(n - 1) end
print(depth(10000))

local function forever(n) return 1 + forever(n + 1) end
local ok, why = pcall(forever, 1)
print(ok, (tostring(why):match("stack overflow")))
print((pcall(forever, 1)))

local in_co, what = coroutine.resume(coroutine.create(forever), 1)
print(in_co, (tostring(what):match("stack overflow")))

print((xpcall(forever, function(message) return message end, 1)))
print(select("#", unpack({}, 1, 5000)), pcall(unpack, {}, 1, 1e7))
print((("x"):rep(300, "(") .. ("y"):rep(10)):len())
print(depth(5000))
