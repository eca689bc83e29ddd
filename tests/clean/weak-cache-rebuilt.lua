-- SPDX-License-Identifier: MIT
-- A weak cache that is rebuilt when its entry has gone.
local ffi = require("ffi")
local cache = setmetatable({}, { __mode = "v" })
local builds = 0
local function get(n)
    local t = cache[n]
    if not t then
        builds = builds + 1
        t = ffi.new("double[?]", n)
        for i = 0, n - 1 do t[i] = i end
        cache[n] = t
    end
    return t
end
local s = 0
for i = 1, 50 do
    local t = get(i % 5 + 3)
    s = s + t[i % 5 + 2]
end
print(s, builds >= 5)
