-- SPDX-License-Identifier: MIT
-- objects found by their addresses as texts
local ffi = require("ffi")
ffi.cdef[[ typedef struct cn { int fd; int hits; } cn; ]]
local conns, byaddr = {}, {}
for i = 1, 30 do
  local c = ffi.new("cn", i)
  local key = tostring(ffi.cast("void *", c))
  conns[i], byaddr[key] = c, i
end
local s = 0
for r = 1, 10 do for i = 1, 30 do local k = tostring(ffi.cast("void *", conns[i])) s = s + byaddr[k] end end
print(s)
