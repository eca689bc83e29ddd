-- SPDX-License-Identifier: MIT
-- options: parses a list of settings with getopt(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int getopt(int argc, const char *const *argv, const char *optstring);
extern char *optarg;
extern int optind;
]]

local options = {}

-- { "w", 80, "h", 25 } becomes a C argument vector: prog -w80 -h25
function options.vector(settings)
    local n = #settings / 2
    local argv, words = ffi.new("const char *[?]", n + 2), {}
    argv[0] = "prog"
    for i = 1, n do
        local letter, value = settings[2 * i - 1], settings[2 * i]
        words[i] = "-" .. letter .. tostring(value)
        argv[i] = words[i]
    end
    return argv, n + 1, words
end

function options.parse(settings, allowed)
    local argv, argc, words = options.vector(settings)
    local parsed = {}
    C.optind = 1
    while true do
        local letter = C.getopt(argc, argv, allowed)
        if letter == -1 then break end
        parsed[#parsed + 1] = string.char(letter) .. "=" .. ffi.string(C.optarg)
    end
    assert(#words == argc - 1)
    return parsed
end

local settings = { "w", 80, "h", 25, "d", 24, "r", 60, "x", 100, "y", 200, "z", 300 }
print(table.concat(options.parse(settings, "w:h:d:r:x:y:z:"), " "))
