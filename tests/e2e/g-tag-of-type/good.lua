-- SPDX-License-Identifier: MIT
-- tags: an array type is made once, and called with strings
local ffi = require("ffi")
local text_t = ffi.typeof("char[?]")

local tags = {}

local function intern(text)
    local tag = tags[text]
    if not tag then
        tag = text_t(#text + 1, text)
        tags[text] = tag
    end
    return tag
end

local first = intern("content-" .. "type")
print(ffi.string(first, 12), first == intern("content-type"))
