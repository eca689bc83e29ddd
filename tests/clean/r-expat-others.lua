-- SPDX-License-Identifier: MIT
-- parsers of expat are freed by finalizers while another one calls back
local ffi = require("ffi")
ffi.cdef [[
typedef struct XML_ParserStruct *XML_Parser;
typedef void (*XML_StartElementHandler)(void *data, const char *name, const char **attributes);
typedef void (*XML_EndElementHandler)(void *data, const char *name);
XML_Parser XML_ParserCreate(const char *encoding);
void XML_ParserFree(XML_Parser parser);
void XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler s, XML_EndElementHandler e);
int XML_Parse(XML_Parser parser, const char *text, int n, int is_final);
]]
local expat = ffi.load("expat.so.1")

local names = {}
local on_start = ffi.cast("XML_StartElementHandler", function(_, name)
    names[#names % 100 + 1] = { name = ffi.string(name), attributes = {} }
end)
local on_end = ffi.cast("XML_EndElementHandler", function() end)

local function count(text)
    local parser = ffi.gc(expat.XML_ParserCreate(nil), expat.XML_ParserFree)
    expat.XML_SetElementHandler(parser, on_start, on_end)
    local status = expat.XML_Parse(parser, text, #text, 1)
    assert(status == 1 and parser ~= nil)
    return 1
end

local done = 0
for i = 1, 60 do
    done = done + count("<list>" .. ("<item/>"):rep(i % 7 + 4) .. "</list>")
end
print(done)
