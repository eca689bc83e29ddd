-- SPDX-License-Identifier: MIT
-- words: counts the words of lines with strtok; the text stays as long as its words are asked for
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[ char *strtok(char *text, const char *separators); ]]

local Words = {}
Words.__index = Words

function Words.start(line)
    local copy = ffi.new("char[?]", #line + 1, line)
    local first = C.strtok(copy, " ")
    return setmetatable({ copy = copy, count = 0, word = first ~= nil and ffi.string(first) }, Words)
end

function Words:next()
    local word = self.word
    if not word then return nil end
    self.count = self.count + 1
    local following = C.strtok(nil, " ")
    self.word = following ~= nil and ffi.string(following)
    return word
end

local function longest(line)
    local words, best = Words.start(line), ""
    for word in function() return words:next() end do
        if #word > #best then best = word end
    end
    return best, words.count
end

for _, line in ipairs({ "pack my box with five dozen liquor jugs", "sphinx of black quartz" }) do
    print(longest(line))
end
