-- SPDX-License-Identifier: MIT
-- accounts: getpwnam_r puts addresses in the caller's buffer into a struct
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
struct passwd { char *name, *passwd; unsigned uid, gid; char *gecos, *dir, *shell; };
int getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t n, struct passwd **res);
]]
local bufs = {}
local function user(name)
    local pw = ffi.new("struct passwd")
    local buf = ffi.new("char[?]", 1024)
    local res = ffi.new("struct passwd *[1]")
    assert(C.getpwnam_r(name, pw, buf, 1024, res) == 0)
    return res[0] ~= nil and pw or nil
end
local list = {}
for _, n in ipairs({ "root", "daemon", "nobody" }) do list[n] = user(n) end
for _, n in ipairs({ "root", "daemon", "nobody" }) do
    print(n, list[n].uid, ffi.string(list[n].dir))
end
