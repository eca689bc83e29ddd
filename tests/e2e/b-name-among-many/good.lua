-- SPDX-License-Identifier: MIT
-- directory: names that C duplicates, thousands of them; one is read after it was given back
local ffi = require("ffi")
ffi.cdef[[ char *strdup(const char *text); void free(void *block); ]]
local C = ffi.C

local function load_names(n)
    local names = {}
    for i = 1, n do names[i] = C.strdup(("host-%d.example.org"):format(i)) end
    return names
end

local function longest(names)
    local best, size = nil, 0
    for _, name in ipairs(names) do
        local text = ffi.string(name)
        if #text > size then best, size = name, #text end
    end
    return best
end

local names = load_names(15000)
local best = ffi.string(longest(names))
for i = 1, #names do C.free(names[i]) end
print(#best)
