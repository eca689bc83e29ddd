-- SPDX-License-Identifier: MIT
-- views: the array is a temporary of one expression
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct view { const char *text; int line; };
size_t strspn(const char *s, const char *accept);
]]

local view = {}

function view.of(text, line)
    return { c = ffi.new("struct view", text, line), tags = {} }
end

function view.indent(self)
    return tonumber(C.strspn(self.c.text, " \t"))
end

local function load(source)
    local views = {}
    for number, text in ipairs(source) do
        views[number] = view.of(ffi.new("char[?]", 40, text), number)
    end
    return views
end

local views = load({ "function f()", "    return 1", "\tend", "  -- done" })
for _, v in ipairs(views) do
    v.tags[1] = ("indent %d"):format(view.indent(v))
    print(v.c.line, v.tags[1])
end
