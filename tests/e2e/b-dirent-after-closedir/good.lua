-- SPDX-License-Identifier: MIT
-- listing: the newest entry of a directory by readdir(3), whose entries belong to the stream
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
]]

local listing = {}

function listing.find(directory, wanted)
    local dir = C.opendir(directory)
    if dir == nil then return nil, "cannot open " .. directory end
    local found
    local entry = C.readdir(dir)
    while entry ~= nil do
        local name = ffi.string(entry.d_name)
        if name == wanted then found = { d_name = name } end
        entry = C.readdir(dir)
    end
    C.closedir(dir)
    return found
end

local function describe(directory, wanted)
    local entry, reason = listing.find(directory, wanted)
    if not entry then return reason or "nothing" end
    return ("%s/%s"):format(directory, entry.d_name)
end

print(describe("/etc", "passwd"))
print(describe("/", "etc"))
