-- SPDX-License-Identifier: MIT
-- tokens: a generator's locals are the anchors, and the generator is dropped
local ffi = require("ffi")

ffi.cdef[[ struct token { int size; const char *text; }; ]]

local function generator(words)
    return coroutine.wrap(function()
        for word in words:gmatch("%S+") do
            local copy = ffi.new("char[?]", #word + 1, word)
            local token = ffi.new("struct token", #word, copy)
            coroutine.yield(token, copy)
        end
    end)
end

local function first(words)
    local token, copy = generator(words)()
    return { token = token, copy = copy, rest = words:match("%s(.*)$") }
end

local function render(parsed)
    local letters = {}
    for i = 0, parsed.token.size - 1 do
        letters[i + 1] = string.char(parsed.token.text[i]) .. "."
    end
    return table.concat(letters) .. " / " .. parsed.rest
end

for _, words in ipairs({ "firstword of many", "secondone follows it" }) do
    print(render(first(words)))
end
