-- SPDX-License-Identifier: MIT
-- Functions that return the next struct: kept while it is valid, or only the newest used.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct __dirstream DIR;
struct dirent {
    uint64_t d_ino; int64_t d_off; unsigned short d_reclen; unsigned char d_type; char d_name[256];
};
DIR *opendir(const char *name);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);
struct passwd {
    char *pw_name, *pw_passwd;
    unsigned pw_uid, pw_gid;
    char *pw_gecos, *pw_dir, *pw_shell;
};
void setpwent(void);
struct passwd *getpwent(void);
void endpwent(void);
]]

local function names_in(path)
    local dir, entries, names = C.opendir(path), {}, {}
    local entry = C.readdir(dir)
    while entry ~= nil do
        entries[#entries + 1] = entry
        entry = C.readdir(dir)
    end
    for i, one in ipairs(entries) do names[i] = ffi.string(one.d_name) end
    C.closedir(dir)
    table.sort(names)
    return names
end

local function users()
    local n, shells = 0, {}
    C.setpwent()
    local user = C.getpwent()
    local first = user
    while user ~= nil do
        n = n + #ffi.string(user.pw_name) + user.pw_uid
        shells[ffi.string(user.pw_shell)] = true
        user = C.getpwent()
    end
    C.endpwent()
    return n > 0, first ~= nil, next(shells) ~= nil
end

for _ = 1, 3 do print(#names_in("/"), users()) end
