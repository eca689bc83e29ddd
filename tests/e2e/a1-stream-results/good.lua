-- SPDX-License-Identifier: MIT
-- output: open_memstream keeps where it shall put its results
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct FILE FILE;
FILE *open_memstream(char **p, size_t *n);
int fputs(const char *s, FILE *f); int fflush(FILE *f); int fclose(FILE *f); void free(void *p);
]]
local Out = {}
Out.__index = Out
function Out.new()
    local self = setmetatable({}, Out)
    local ptr, len = ffi.new("char *[1]"), ffi.new("size_t[1]")
    self.f = C.open_memstream(ptr, len)
    self.ptr, self.len = ptr, len
    return self
end
function Out:put(s) C.fputs(s, self.f) return self end
function Out:close()
    C.fclose(self.f)
    if self.ptr then C.free(self.ptr[0]) end
end
local o = Out.new()
for i = 1, 10 do o:put("row " .. i .. "\n") end
o:close()
print("closed")
