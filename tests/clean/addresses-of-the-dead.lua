-- SPDX-License-Identifier: MIT
-- Addresses of the dead are printed into keys; nobody goes where they lead.
local ffi = require("ffi")
local seen = {}
for i = 1, 50 do
    local t = ffi.new("int[4]", i)
    seen[tostring(ffi.cast("void *", t))] = true
end
local probe = ffi.new("int[4]")
local k = tostring(ffi.cast("void *", probe))
print(type(seen[k]) ~= "number", next(seen) ~= nil)
