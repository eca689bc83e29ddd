-- SPDX-License-Identifier: MIT
-- An error that nobody catches: a message and a traceback on standard error, status 1.
local function inner(depth)
    if depth == 0 then error("it broke") end
    return inner(depth - 1) + 1
end
print("before")
inner(3)
