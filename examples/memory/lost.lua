-- SPDX-License-Identifier: MIT
-- strdup's result belongs to the caller; here nobody frees it.
--   ffisan run -- luajit lost.lua          leak
--   ffisan run -- luajit lost.lua fixed    nothing
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ char *strdup(const char *text); void free(void *block); ]]
local fixed = arg[1] == "fixed"

local function upper(text)
    local copy = C.strdup(text)
    if fixed then ffi.gc(copy, C.free) end
    for i = 0, #text - 1 do
        if copy[i] >= 97 and copy[i] <= 122 then copy[i] = copy[i] - 32 end
    end
    return ffi.string(copy, #text)
end

for _, word in ipairs({ "memory", "of", "C" }) do io.write(upper(word), " ") end
print()
