-- SPDX-License-Identifier: MIT
-- archive: a compressed file is closed by hand; its finalizer is left to close it again
local ffi = require("ffi")
local z = ffi.load("libz.so.1")

ffi.cdef[[
typedef struct gzFile_s *gzFile;
gzFile gzopen(const char *path, const char *mode);
int gzwrite(gzFile file, const void *data, unsigned size);
int gzclose(gzFile file);
]]

local Archive = {}
Archive.__index = Archive

function Archive.create(path)
    local file = z.gzopen(path, "wb")
    assert(file ~= nil, "cannot create " .. path)
    return setmetatable({ file = ffi.gc(file, z.gzclose), n = 0 }, Archive)
end

function Archive:add(text)
    z.gzwrite(self.file, text, #text)
    self.n = self.n + #text
end

function Archive:close()
    z.gzclose(self.file)
    self.file = nil
    return self.n
end

local archive = Archive.create("/dev/null")
for i = 1, 20 do archive:add(("entry %d\n"):format(i)) end
print(archive:close())
