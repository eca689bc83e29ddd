-- SPDX-License-Identifier: MIT
-- codecs: a struct of functions that lies in a plugin
local ffi = require("ffi")
ffi.cdef[[
struct text_codec { const char *name; size_t (*encode)(char *target, const char *source); };
const struct text_codec *text_codec_find(const char *name);
]]

local codecs = {}

local function find(name)
    if not codecs[name] then
        local plugin = ffi.load("plugin_text")
        codecs[name] = plugin.text_codec_find(name)
    end
    return codecs[name]
end

local scratch = ffi.new("char[256]")

local function encode(name, text)
    local codec = find(name)
    local n = codec.encode(scratch, text)
    return ffi.string(scratch, n)
end

local function words(n)
    local out = {}
    for i = 1, n do out[i] = encode(i % 2 == 0 and "upper" or "reversed", "word" .. i) end
    return out
end

local list = words(200)
print(list[1], list[2], list[199], list[200])
