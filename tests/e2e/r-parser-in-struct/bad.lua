-- SPDX-License-Identifier: MIT
-- a parser is kept in a struct, and what carries its finalizer is given up
local ffi = require("ffi")
ffi.cdef [[
struct parser;
struct reader { struct parser *parser; int n_lines; };
typedef void (*on_token)(int line);
struct parser *parser_new(void);
void parser_reset(struct parser *parser);
int parser_feed(struct parser *parser, const char *text, on_token token);
]]
local lib = ffi.load("testsessions")

local function new_reader()
    local handle = ffi.gc(lib.parser_new(), function(p) lib.parser_reset(p) end)
    return ffi.new("struct reader", handle)
end

local tokens = {}
local on_token = ffi.cast("on_token", function(line)
    tokens[#tokens % 100 + 1] = { line = line, text = "line " .. line, tags = { line } }
end)

local function parse(text)
    local reader = new_reader()
    reader.n_lines = lib.parser_feed(reader.parser, text, on_token)
    return reader
end

local n = 0
for i = 1, 60 do
    parse(("some text\n"):rep(10 + i % 3))
    n = n + 1
end
print(n, #tokens)
