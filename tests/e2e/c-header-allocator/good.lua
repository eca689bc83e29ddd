-- SPDX-License-Identifier: MIT
-- labels: memory of a library whose blocks begin with a header, given to free(3)
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
char *owners_tagged_label(const char *name, int number);
void owners_tagged_free(void *memory);
void free(void *p);
]]

local Label = {}
Label.__index = Label

function Label.new(name, number)
    return setmetatable({ text = owners.owners_tagged_label(name, number) }, Label)
end

function Label:take()
    local text = ffi.string(self.text)
    owners.owners_tagged_free(self.text)
    self.text = nil
    return text
end

local texts = {}
for i = 1, 6 do
    local label = Label.new("shelf", i)
    texts[i] = label:take()
end
print(table.concat(texts, " "))
