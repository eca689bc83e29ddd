-- SPDX-License-Identifier: MIT
-- inventory: the files below a directory by ftw(3), which owns the path only during the call
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef int (*ftw_fn)(const char *path, const void *status, int kind);
int ftw(const char *directory, ftw_fn visit, int descriptors);
]]

local function files_below(directory)
    local found = {}
    local visit = ffi.cast("ftw_fn", function(path, _, kind)
        if kind == 0 then found[#found + 1] = path end
        return 0
    end)
    C.ftw(directory, visit, 8)
    visit:free()
    return found
end

local base = os.tmpname()
os.remove(base)
os.execute(("mkdir -p %s/a/b && touch %s/one %s/a/two %s/a/b/three"):format(base, base, base, base))
local names, paths = {}, files_below(base)
for i, path in ipairs(paths) do
    names[i] = ffi.string(path):match("[^/]*$")
end
os.execute("rm -rf " .. base)
print(#names > 0 and "found" or "nothing")
