-- SPDX-License-Identifier: MIT
-- Pointers with finalizers, made in a loop that gets compiled, left and compiled again: what a trace
-- puts back on the stack when it is left is in use, however unfinished the stack looks.
local ffi = require("ffi")
ffi.cdef[[ char *strdup(const char *s); void free(void *p); ]]
local C = ffi.C

local Notes = {}
Notes.__index = Notes

function Notes.open() return setmetatable({ library = C, list = {} }, Notes) end

function Notes:add(text)
    local buffer = ffi.gc(self.library.strdup(text), self.library.free)
    self.list[#self.list + 1] = buffer
end

local missing = 0

function Notes:check()
    for _, buffer in ipairs(self.list) do
        if buffer == nil then missing = missing + 1 end
    end
end

local function one_page(page)
    local notes = Notes.open()
    for i = 1, 4 do notes:add(("%d.%d"):format(page, i)) end
    return notes:check()
end

for page = 1, 60 do one_page(page) end
print("missing", missing)
