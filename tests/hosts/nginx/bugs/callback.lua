-- SPDX-License-Identifier: MIT
-- XML body parser with expat
local ffi = require 'ffi'
local expat = ffi.load('libexpat.so.1')
ffi.cdef [[
typedef struct XML_ParserStruct *XML_Parser;
typedef void (*x_start_t)(void *u, const char *name, const char **atts);
XML_Parser XML_ParserCreate(const char *e); void XML_ParserFree(XML_Parser p);
void XML_SetStartElementHandler(XML_Parser p, x_start_t h);
int XML_Parse(XML_Parser p, const char *s, int len, int final);]]
local _M = {}
local function new(counter)
    local p = ffi.gc(expat.XML_ParserCreate(nil), expat.XML_ParserFree)
    local cb = ffi.cast('x_start_t', function(_, name) counter.n = counter.n + 1 end) -- dies
    expat.XML_SetStartElementHandler(p, cb)
    return p, cb
end
function _M.content()
    local counter = { n = 0 }
    local p, cb = new(counter)
    expat.XML_Parse(p, '<a><b/>', 7, 0)
    cb:free() -- bad
    ngx.sleep(0)
    pcall(expat.XML_Parse, p, '<c/></a>', 8, 1) -- uses
    cb:free() -- good
    ngx.say('parsed')
end
jit.off(_M.content)
return _M
