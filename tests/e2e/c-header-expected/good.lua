-- SPDX-License-Identifier: MIT
-- labels: what strdup(3) made is given to a library whose blocks begin with a header
local ffi = require("ffi")
local C, owners = ffi.C, ffi.load("testowners")

ffi.cdef[[
char *owners_tagged_label(const char *name, int number);
void owners_tagged_free(void *memory);
char *strdup(const char *s);
void free(void *p);
]]

local function label(name, number)
    local text = number and owners.owners_tagged_label(name, number) or C.strdup(name)
    local copy = ffi.string(text)
    if number then owners.owners_tagged_free(text) else C.free(text) end
    return copy
end

print(label("shelf", 1), label("door"), label("shelf", 2))
