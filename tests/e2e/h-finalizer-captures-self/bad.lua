-- SPDX-License-Identifier: MIT
-- journal: an object writes to a stream, and closes it when it is collected
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct journal_file FILE;
FILE *tmpfile(void);
int fputs(const char *text, FILE *stream);
long ftell(FILE *stream);
int fclose(FILE *stream);
]]

local Journal = {}
Journal.__index = Journal

function Journal.open(name)
    local self = setmetatable({ name = name, lines = 0 }, Journal)
    self.stream = C.tmpfile()
    if self.stream == nil then return nil, "no temporary file" end
    ffi.gc(self.stream, function() self:close() end)
    return self
end

function Journal:write(...)
    self.lines = self.lines + 1
    C.fputs(("%s %d: %s\n"):format(self.name, self.lines, table.concat({ ... }, " ")), self.stream)
end

function Journal:size() return tonumber(C.ftell(self.stream)) end

function Journal:close()
    if self.stream then
        C.fclose(ffi.gc(self.stream, nil))
        self.stream = nil
    end
end

local function run(job)
    local journal = assert(Journal.open(job))
    for step = 1, 5 do journal:write("step", step) end
    return journal:size()
end

local total = 0
for n = 1, 15 do total = total + run(("job%02d"):format(n)) end
print(total)
