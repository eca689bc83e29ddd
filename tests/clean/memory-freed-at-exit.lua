-- SPDX-License-Identifier: MIT
-- Memory that the C library owns: open streams, closed and freed by exit(), not by Lua.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[=[
typedef struct FILE FILE;
FILE *tmpfile(void);
int fputs(const char *text, FILE *stream);
int fgetc(FILE *stream);
void rewind(FILE *stream);
]=]

ffi.cdef[=[ struct channel { FILE *stream; int lines; }; ]=]

local function open()
    local channel = ffi.new("struct channel")
    channel.stream = C.tmpfile()
    return channel
end

local function log(channel, n)
    for i = 1, n do C.fputs(("entry %d\n"):format(i), channel.stream) end
    channel.lines = channel.lines + n
end

local channels, sum = {}, 0
for i = 1, 6 do
    channels[i] = open()
    log(channels[i], i * 5)
end
for i = 2, 6, 2 do
    C.rewind(channels[i].stream)
    local byte = C.fgetc(channels[i].stream)
    while byte ~= -1 do
        sum = sum + byte
        byte = C.fgetc(channels[i].stream)
    end
end
print(sum, channels[6].lines)
