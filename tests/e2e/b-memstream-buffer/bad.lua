-- SPDX-License-Identifier: MIT
-- report: a page written through open_memstream(3), whose buffer moves as it grows
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *open_memstream(char **buffer, size_t *size);
int fputs(const char *text, FILE *stream);
int fflush(FILE *stream);
int fclose(FILE *stream);
void free(void *p);
]]

local Report = {}
Report.__index = Report

function Report.new()
    local self = setmetatable({ buffer = ffi.new("char *[1]"), size = ffi.new("size_t[1]") }, Report)
    self.stream = C.open_memstream(self.buffer, self.size)
    return self
end

function Report:line(text, ...)
    C.fputs(text:format(...) .. "\n", self.stream)
    return self
end

function Report:text()
    C.fflush(self.stream)
    return self.buffer[0]
end

function Report:close()
    C.fclose(self.stream)
    C.free(self.buffer[0])
end

local report = Report.new():line("Weekly report")
local title = report:text()
for day = 1, 400 do
    report:line("day %d: %d visitors, %d orders", day, day * 37 % 101, day * 13 % 17)
end
C.fflush(report.stream)
print(ffi.string(title, 13), tonumber(report.size[0]))
report:close()
