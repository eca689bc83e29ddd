-- SPDX-License-Identifier: MIT
-- homes: the home folders of two users, by getpwnam(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct passwd {
    char *pw_name, *pw_passwd;
    unsigned pw_uid, pw_gid;
    char *pw_gecos, *pw_dir, *pw_shell;
};
struct passwd *getpwnam(const char *name);
]]

local users = {}

function users.find(name)
    return C.getpwnam(name)
end

function users.homes(a, b)
    local first, second = users.find(a), users.find(b)
    return ffi.string(first.pw_dir), ffi.string(second.pw_dir)
end

print(users.homes("root", "daemon"))
