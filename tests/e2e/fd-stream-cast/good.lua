-- SPDX-License-Identifier: MIT
-- writer: fprintf(3) on the stream of a Lua file
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fprintf(FILE *stream, const char *format, ...);
int fflush(FILE *stream);
]]

local Writer = {}
Writer.__index = Writer

function Writer.open(path)
    local file = assert(io.open(path, "w"))
    return setmetatable({ stream = ffi.cast("FILE *", file), file = file }, Writer)
end

function Writer:row(name, value)
    return C.fprintf(self.stream, "%-10s %8.2f\n", name, ffi.cast("double", value))
end

local path = os.tmpname()
local writer = Writer.open(path)
local rows = {}
for i = 1, 30 do rows[i] = { name = "row" .. i, value = i * 1.5 } end
local n = 0
for _, row in ipairs(rows) do n = n + writer:row(row.name, row.value) end
os.remove(path)
print(n)
