-- SPDX-License-Identifier: MIT
-- a temporary file's finalizer removes it by its name, which is a Lua string
local ffi = require("ffi")
ffi.cdef [[
struct scratch { const char *path; int fd; };
int unlink(const char *path);
]]

local removed = 0
local Scratch = ffi.metatype("struct scratch", {
    __gc = function(self)
        ffi.C.unlink(self.path)
        removed = removed + 1
    end,
})

local function open(i)
    local path = "/nonexistent/ffisan-" .. i
    local scratch = Scratch()
    scratch.path, scratch.fd = path, -1
    return scratch
end

local function work(i)
    local scratch = open(i)
    return scratch.fd
end

local sum = 0
for i = 1, 20 do sum = sum + work(i) end
local rows = {}
for i = 1, 3000 do rows[i % 11] = { i, "row " .. i } end
print(sum, #rows)
