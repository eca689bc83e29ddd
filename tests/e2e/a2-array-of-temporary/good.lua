-- SPDX-License-Identifier: MIT
-- lines: a method returns the array inside of an object that nobody keeps
local ffi = require("ffi")
ffi.cdef[[ typedef struct { char text[32]; int n; } line_s; ]]
local B = {}
B.__index = B
function B.new(s) local o = setmetatable({ l = ffi.new("line_s") }, B); ffi.copy(o.l.text, s); o.l.n = #s; return o end
function B:cstr() return self.l.text, self.l.n, self end
local p, n, owner = B.new("temp " .. 5):cstr()
local u = {}
for i = 0, n - 1 do u[#u + 1] = p[i] end
print(#u, u[1])
