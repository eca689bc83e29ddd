-- SPDX-License-Identifier: MIT
-- What an audit has to look at, to be set: LIVE structs of 64 bytes with pointers in them, DEAD
-- objects per cycle, and CYCLES cycles.  Run it with `ffisan run --gc=natural --stats`.
local ffi = require("ffi")
ffi.cdef [[ struct audited { struct audited *next, *other[6]; int value; }; ]]
local audited = ffi.typeof("struct audited")
local n_live, n_dead, n_cycles = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])

collectgarbage("stop")
local kept = {}
for i = 1, n_live do
    kept[i] = audited()
    kept[i].next = kept[i - 1]
end
for _ = 1, n_cycles do
    for i = 1, n_dead do kept[0] = audited() end
    kept[0] = nil
    collectgarbage()
    collectgarbage("stop")
end
