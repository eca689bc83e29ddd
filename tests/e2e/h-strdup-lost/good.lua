-- SPDX-License-Identifier: MIT
-- names: normalised names are copied by strdup(3) and never freed
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
int toupper(int c);
]]

local names = {}

function names.shout(name)
    local copy = C.strdup(name)
    local i = 0
    while copy[i] ~= 0 do
        copy[i] = C.toupper(copy[i])
        i = i + 1
    end
    local text = ffi.string(copy)
    C.free(copy)
    return text
end

local out = {}
for i = 1, 30 do out[#out + 1] = names.shout(("member%d"):format(i)) end
print(#table.concat(out))
