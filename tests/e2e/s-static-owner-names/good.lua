-- SPDX-License-Identifier: MIT
-- owners: names of users by getpwuid(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct passwd {
    char *pw_name, *pw_passwd;
    unsigned pw_uid, pw_gid;
    char *pw_gecos, *pw_dir, *pw_shell;
};
struct passwd *getpwuid(unsigned uid);
]]

local function name_of(uid)
    local entry = C.getpwuid(uid)
    return entry ~= nil and ffi.string(entry.pw_name) or nil
end

local function owners_of(uids)
    local owners = {}
    for i, uid in ipairs(uids) do owners[i] = { uid = uid, name = name_of(uid) } end
    return owners
end

local function list(uids)
    for _, owner in ipairs(owners_of(uids)) do
        print(owner.uid, owner.name and owner.name)
    end
end

list({ 0, 1, 2, 3 })
