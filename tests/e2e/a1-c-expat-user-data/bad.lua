-- SPDX-License-Identifier: MIT
-- outline: counts the elements of a document by depth, in a struct that expat hands to handlers
local ffi = require("ffi")
local expat = ffi.load("libexpat.so.1")
ffi.cdef[[
typedef struct XML_ParserStruct *XML_Parser;
typedef void (*start_handler)(void *user, const char *name, const char **attributes);
typedef void (*end_handler)(void *user, const char *name);
XML_Parser XML_ParserCreate(const char *encoding);
void XML_SetUserData(XML_Parser parser, void *user);
void XML_SetElementHandler(XML_Parser parser, start_handler start, end_handler stop);
int XML_Parse(XML_Parser parser, const char *text, int size, int is_final);
void XML_ParserFree(XML_Parser parser);
typedef struct { int depth, n_elements, deepest; } outline_counts;
]]

local names = {}
local on_start = ffi.cast("start_handler", function(user, name)
    local counts = ffi.cast("outline_counts *", user)
    counts.depth = counts.depth + 1
    counts.n_elements = counts.n_elements + 1
    counts.deepest = math.max(counts.deepest, counts.depth)
    names[#names + 1] = ffi.string(name)
end)
local on_end = ffi.cast("end_handler", function(user)
    local counts = ffi.cast("outline_counts *", user)
    counts.depth = counts.depth - 1
end)

local function new_parser()
    local parser = ffi.gc(expat.XML_ParserCreate(nil), expat.XML_ParserFree)
    local counts = ffi.new("outline_counts")
    expat.XML_SetUserData(parser, counts)
    expat.XML_SetElementHandler(parser, on_start, on_end)
    return parser
end

local function outline(document)
    local parser = new_parser()
    local status = expat.XML_Parse(parser, document, #document, 1)
    return status, table.concat(names, " "), #names
end

print(outline("<book><title>Lua</title><part><chapter/><chapter/></part></book>"))
