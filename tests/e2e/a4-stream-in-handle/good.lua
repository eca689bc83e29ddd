-- SPDX-License-Identifier: MIT
-- spool: a temporary file behind a handle that others cast back
local ffi = require("ffi")
ffi.cdef [[
typedef struct _IO_FILE FILE;
FILE *tmpfile(void);
int fclose(FILE *stream);
int fputs(const char *text, FILE *stream);
long ftell(FILE *stream);
]]
local C = ffi.C

local Spool = {}
Spool.__index = Spool

function Spool.new()
    local stream = ffi.gc(C.tmpfile(), C.fclose)
    return setmetatable({ handle = ffi.cast("void *", stream), stream = stream, n = 0 }, Spool)
end

function Spool:add(...)
    for i = 1, select("#", ...) do
        self.n = self.n + 1
        C.fputs(self.n .. ": " .. select(i, ...) .. "\n", ffi.cast("FILE *", self.handle))
    end
end

local spool = Spool.new()
spool:add("one", "two", "three")
spool:add("four")
print(spool.n)
