-- SPDX-License-Identifier: MIT
-- documents are stopped by their finalizers; a parser is fed by its address in a struct
local ffi = require("ffi")
ffi.cdef [[
typedef struct XML_ParserStruct *XML_Parser;
typedef void (*XML_StartElementHandler)(void *data, const char *name, const char **attributes);
typedef void (*XML_EndElementHandler)(void *data, const char *name);
struct document { XML_Parser parser; int n_elements; };
XML_Parser XML_ParserCreate(const char *encoding);
void XML_ParserFree(XML_Parser parser);
int XML_ParserReset(XML_Parser parser, const char *encoding);
int XML_StopParser(XML_Parser parser, unsigned char resumable);
void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler s, XML_EndElementHandler e);
int XML_Parse(XML_Parser parser, const char *text, int n, int is_final);
]]
local expat = ffi.load("expat.so.1")

local spare = {}
local function take()
    return table.remove(spare) or expat.XML_ParserCreate(nil)
end

local function open()
    local parser = take()
    local guard = ffi.gc(ffi.cast("void *", parser), function(p)
        expat.XML_StopParser(ffi.cast("XML_Parser", p), 0)
        spare[#spare + 1] = parser
    end)
    return ffi.new("struct document", parser, 0), guard
end

local names = {}
local on_start = ffi.cast("XML_StartElementHandler", function(_, name)
    names[#names % 100 + 1] = { name = ffi.string(name), attributes = {} }
end)
local on_end = ffi.cast("XML_EndElementHandler", function() end)

local function count(text)
    local document = open()
    expat.XML_SetElementHandler(document.parser, on_start, on_end)
    expat.XML_Parse(document.parser, text, #text, 1)
    expat.XML_ParserReset(document.parser, nil)
    return document
end

local done = 0
for i = 1, 40 do
    count("<list>" .. ("<item/>"):rep(i % 7 + 4) .. "</list>")
    done = done + 1
end
print(done)
