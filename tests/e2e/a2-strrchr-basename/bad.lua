-- SPDX-License-Identifier: MIT
-- paths: the last component of a path by strrchr(3), which points into its argument
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strrchr(const char *s, int c);
size_t strlen(const char *s);
]]

local paths = {}

function paths.base(directory, file)
    local path = directory .. "/" .. file
    local slash = C.strrchr(path, 47)
    return slash + 1
end

local function longest(directory, files)
    local names = {}
    for i, file in ipairs(files) do names[i] = paths.base(directory, file) end
    local best, size = 0, 0
    for i = 1, #names do
        local n = tonumber(C.strlen(names[i]))
        if n > size then best, size = i, n end
    end
    return best, size
end

print(longest("/usr/share/doc", { "a/copyright", "b/changelog.Debian.gz", "c/README" }))
