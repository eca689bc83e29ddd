-- SPDX-License-Identifier: MIT
-- the program and its finalizers append to one log in C memory
local ffi = require("ffi")
ffi.cdef [[
struct log { int n; char text[60000]; };
char *strcat(char *to, const char *from);
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local log = ffi.new("struct log")
local names = ffi.new("char[?]", 60000)

local function append(what, id)
    local line = ("%s %d\n"):format(what, id)
    C.strcat(log.text, line)
    log.n = log.n + 1
    C.strcat(names, line)
end

local function open(id)
    append("open", id)
    local handle = ffi.gc(C.malloc(24), function(p)
        append("close", id)
        C.free(p)
    end)
    local info = { id = id, parts = { "a" .. id, "b" .. id } }
    assert(ffi.string(log.text):find("open " .. id .. "\n", 1, true))
    assert(ffi.string(names):find("open " .. id .. "\n", 1, true))
    assert(log.n >= id)
    return { handle, info }
end

local kept = {}
for id = 1, 200 do kept[id % 3 + 1] = open(id) end
local _, opened = ffi.string(log.text):gsub("open", "")
print(opened)
