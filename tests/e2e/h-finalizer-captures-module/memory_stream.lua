-- SPDX-License-Identifier: MIT
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct stream_of_words FILE;
typedef struct { char *text; size_t size; FILE *file; } stream_t;
FILE *open_memstream(char **ret_text, size_t *ret_size);
int fputs(const char *text, FILE *stream);
int fflush(FILE *stream);
int fclose(FILE *stream);
void free(void *p);
]]

local M = {}
local methods = {}
local n_open = 0

local function release(stream)
    C.fclose(stream.file)
    C.free(stream.text)
    n_open = n_open - 1
end

function methods:write(text) C.fputs(text, self.stream.file) end

function methods:text()
    C.fflush(self.stream.file)
    return ffi.string(self.stream.text, self.stream.size)
end

local metatable = { __index = methods }

function M.open()
    local stream = ffi.new("stream_t")
    stream.file = C.open_memstream(ffi.cast("char **", stream),
        ffi.cast("size_t *", ffi.cast("char *", stream) + ffi.offsetof("stream_t", "size")))
    n_open = n_open + 1
    local self = setmetatable({ stream = stream }, metatable)
    ffi.gc(stream, function() release(self.stream) end)
    return self
end

return M
