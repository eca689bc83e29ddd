-- SPDX-License-Identifier: MIT
-- Results in memory that C uses again, kept in structs and arrays that are filled anew in time, or
-- that nobody reads again; lines of getline of which only the newest is meant.
local ffi = require("ffi")
local C = ffi.C
local answers = ffi.load("testanswers")

ffi.cdef[[
const char *answers_status(int code);
const char *answers_title(void);
typedef struct { int code; const char *text; } reply_t;
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
int fclose(FILE *stream);
ssize_t getline(char **line, size_t *room, FILE *stream);
void free(void *block);
]]

local out, cell, slots = {}, ffi.new("reply_t"), ffi.new("const char *[4]")

local function fill(target, code)
    target.code, target.text = code, answers.answers_status(code)
    return target
end

-- One cell for all, through one function and another, and one of many kept for its number only.
local kept = {}
for code = 200, 300 do
    out[#out + 1] = ffi.string(fill(cell, code).text)
    kept[#kept + 1] = fill(ffi.new("reply_t"), code)
    slots[code % 4] = answers.answers_status(code)
    out[#out + 1] = ffi.string(ffi.cast("const char *", slots[code % 4]))
    cell.text = answers.answers_status(code + 1)
    out[#out + 1] = ffi.string(cell.text)
end
for i, reply in ipairs(kept) do out[#out + 1] = tostring(reply.code == i + 199) end

-- The same line again, by the pointer itself, by a copy of it, and by what was kept of one line.
local path = os.tmpname()
local file = assert(io.open(path, "w"))
for i = 1, 120 do file:write("line ", i, "\n") end
file:close()
local stream = C.fopen(path, "r")
local line, room, current = ffi.new("char *[1]"), ffi.new("size_t[1]"), nil
while C.getline(line, room, stream) > 0 do
    current = line[0]
    local text = ffi.string(current)
    out[#out + 1] = tostring(text == ffi.string(line[0]) and ffi.string(current, 4) == "line")
end
out[#out + 1] = tostring(current == line[0])
C.fclose(stream)
C.free(line[0])
os.remove(path)
print(#table.concat(out, " "), out[1], out[#out])
