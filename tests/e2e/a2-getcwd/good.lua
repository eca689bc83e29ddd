-- SPDX-License-Identifier: MIT
-- workspace: remembers where the program was started, by getcwd(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *getcwd(char *buf, size_t size);
size_t strlen(const char *s);
]]

local workspace = {}

function workspace.open()
    local buf = ffi.new("char[?]", 4096)
    local root = ffi.string(C.getcwd(buf, 4096))
    return { root = root, files = {} }
end

function workspace.add(self, name)
    self.files[#self.files + 1] = { name = name, state = "new " .. #name }
end

function workspace.depth(self)
    local n = tonumber(C.strlen(self.root))
    return n > 0 and ffi.string(self.root, 1)
end

local w = workspace.open()
for _, name in ipairs({ "init.lua", "main.lua", "util.lua" }) do workspace.add(w, name) end
print(#w.files, workspace.depth(w))
