-- SPDX-License-Identifier: MIT
-- configuration: the files of a directory by glob(3), and the first of them
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct {
    size_t gl_pathc; char **gl_pathv; size_t gl_offs; int gl_flags;
    void *gl_closedir, *gl_readdir, *gl_opendir, *gl_lstat, *gl_stat;
} glob_t;
int glob(const char *pattern, int flags, void *failed, glob_t *result);
void globfree(glob_t *result);
]]

local configuration = {}

function configuration.files(pattern)
    local result, files = ffi.new("glob_t"), {}
    if C.glob(pattern, 0, nil, result) == 0 then
        for i = 0, tonumber(result.gl_pathc) - 1 do
            files[#files + 1] = ffi.string(result.gl_pathv[i])
        end
    end
    C.globfree(result)
    return files
end

local function longest(files)
    local best = 0
    for _, file in ipairs(files) do
        best = math.max(best, #file)
    end
    return best
end

print(longest(configuration.files("/etc/pass*d")))
