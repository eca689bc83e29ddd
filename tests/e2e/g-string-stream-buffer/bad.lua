-- SPDX-License-Identifier: MIT
-- a memory stream writes to the buffer that it was opened with
local ffi = require("ffi")
ffi.cdef [[
typedef struct FILE FILE;
FILE *fmemopen(void *buf, size_t size, const char *mode);
int fputs(const char *text, FILE *stream);
int fclose(FILE *stream);
]]
local C = ffi.C

local Log = {}
Log.__index = Log

local function open(size)
    local room = ("-"):rep(size)
    local stream = C.fmemopen(ffi.cast("void *", room), size, "w")
    return setmetatable({ room = room, stream = stream, n = 0 }, Log)
end

function Log:add(text)
    C.fputs(text, self.stream)
    self.n = self.n + #text
end

local function run()
    local log = open(64)
    for i = 1, 4 do log:add("event " .. i .. "\n") end
    C.fclose(log.stream)
    return log
end

local log = run()
local work = {}
for i = 1, 500 do work[i % 7] = { i, "line " .. i } end
print(log.n, #work)
