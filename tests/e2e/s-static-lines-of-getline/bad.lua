-- SPDX-License-Identifier: MIT
-- passwd: the fields of each line of a file that is read by getline
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
int fclose(FILE *stream);
ssize_t getline(char **line, size_t *room, FILE *stream);
void free(void *block);
]]

local function read_all(path)
    local stream = C.fopen(path, "r")
    local line, room = ffi.new("char *[1]"), ffi.new("size_t[1]")
    local list = {}
    while true do
        local length = tonumber(C.getline(line, room, stream))
        if length < 0 then break end
        list[#list + 1] = { text = line[0], length = length - 1 }
    end
    C.fclose(stream)
    return list, line[0]
end

local function text_of(entry)
    if type(entry.text) == "string" then return entry.text end
    return ffi.string(entry.text, entry.length)
end

local path = os.tmpname()
local file = assert(io.open(path, "w"))
for _, name in ipairs({ "root:0", "daemon:1", "bin:2", "sys:3" }) do file:write(name, "\n") end
file:close()

local list, buffer = read_all(path)
for _, entry in ipairs(list) do io.write(text_of(entry):match("^%w+") or "?", " ") end
print(#list)
C.free(buffer)
os.remove(path)
