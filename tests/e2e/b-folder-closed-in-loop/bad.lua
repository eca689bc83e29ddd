-- SPDX-License-Identifier: MIT
-- folders: the search closes the folder when it has found something, and reads on
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct DIR DIR;
struct dirent { uint64_t ino; int64_t offset; uint16_t length; uint8_t type; char name[256]; };
DIR *opendir(const char *path);
struct dirent *readdir(DIR *folder);
int closedir(DIR *folder);
]]

local Folder = {}
Folder.__index = Folder

function Folder.open(path)
    local handle = C.opendir(path)
    assert(handle ~= nil, "no folder " .. path)
    return setmetatable({ handle = handle }, Folder)
end

function Folder:next()
    local entry = C.readdir(self.handle)
    if entry == nil then return nil end
    return ffi.string(entry.name)
end

function Folder:close()
    C.closedir(self.handle)
end

local function find(path, pattern)
    local folder, found, limit = Folder.open(path), nil, 1
    while limit > 0 do
        local name = folder:next()
        if not name then break end
        if found then limit = limit - 1 end
        if name:match(pattern) and not found then
            found = name
            folder:close()
        end
    end
    return found
end

print(find("/etc/ssl", "^certs$"))
