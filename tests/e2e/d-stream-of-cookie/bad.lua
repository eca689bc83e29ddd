-- SPDX-License-Identifier: MIT
-- vtable.lua: a struct of operations; replace() frees the old one that C's copy still has
local ffi = require("ffi")
ffi.cdef[[
typedef struct { long (*read)(void *, char *, size_t); long (*write)(void *, const char *, size_t); int (*seek)(void *, long *, int); int (*close)(void *); } io_funcs;
typedef struct _IO_FILE FILE;
FILE *fopencookie(void *, const char *, io_funcs); int fclose(FILE *); int fputs(const char *, FILE *); int fflush(FILE *);
]]
local Stream = {}
Stream.__index = Stream
function Stream.new()
    local self = setmetatable({ parts = {} }, Stream)
    self.write = ffi.cast("long (*)(void *, const char *, size_t)", function(_, p, n)
        self.parts[#self.parts + 1] = ffi.string(p, n)
        return n
    end)
    local ops = ffi.new("io_funcs")
    ops.write = self.write
    self.f = ffi.C.fopencookie(nil, "w", ops)
    return self
end
function Stream:print(...) ffi.C.fputs(table.concat({ ... }, " ") .. "\n", self.f) end
function Stream:finish()
    self.write:free()
    local ok = pcall(ffi.C.fclose, self.f)
    return #table.concat(self.parts) >= 0
end
local s = Stream.new()
for i = 1, 5 do s:print("line", i) end
print(s:finish())
