-- SPDX-License-Identifier: MIT
-- options: a table of long options, names given a prefix
local ffi = require("ffi")
ffi.cdef[[
struct option { const char *name; int has_arg; int *flag; int val; };
int getopt_long(int argc, char *const argv[], const char *optstring, const struct option *longopts, int *longindex);
extern int optind;
extern char *optarg;
]]
local spec = { { "verbose", 0, "v" }, { "output", 1, "o" }, { "level", 1, "l" } }
local function build(prefix)
    local opts = ffi.new("struct option[?]", #spec + 1)
    for i, s in ipairs(spec) do
        local o = opts[i - 1]
        local full = prefix .. s[1]
        o.name = full
        o.has_arg = s[2]
        o.val = s[3]:byte()
    end
    return opts
end
local opts = build("x-")
local args = { "prog", "--x-verbose", "--x-output=file.txt", "--x-level=3", "rest" }
local argv = ffi.new("char *[?]", #args + 1)
local held = {}
for i, a in ipairs(args) do
    held[i] = ffi.new("char[?]", #a + 1, a)
    argv[i - 1] = held[i]
end
local res = {}
while true do
    local c = ffi.C.getopt_long(#args, argv, "", opts, nil)
    if c == -1 then break end
    res[#res + 1] = string.char(c)
end
print(table.concat(res), ffi.C.optind)
