-- SPDX-License-Identifier: MIT
-- scratch files: mkstemp writes the name into its argument
local ffi = require("ffi")
ffi.cdef [[
int mkstemp(char *name);
int close(int fd);
int unlink(const char *name);
]]
local C = ffi.C
local mkstemp = C.mkstemp

local function scratch_name(prefix) return "/tmp/" .. prefix .. "-XXXXXX" end

local function open_scratch(prefix)
    local name = scratch_name(prefix)
    local room = ffi.new("char[?]", #name + 1, name)
    local fd = mkstemp(room)
    name = ffi.string(room)
    if fd < 0 then return nil end
    return fd, name
end

local fd, name = open_scratch("report")
print(fd ~= nil, #name)
C.close(fd)
C.unlink(name)
