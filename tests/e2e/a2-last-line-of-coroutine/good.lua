-- SPDX-License-Identifier: MIT
-- a scanner in a coroutine: its last line is its result
local ffi = require("ffi")

local function scanner(text)
    local buffer = ffi.new("char[?]", #text + 1, text)
    local from = ffi.cast("const char *", buffer)
    return coroutine.wrap(function(n_bytes)
        while n_bytes do
            local piece = ffi.string(from, n_bytes)
            from = from + n_bytes
            n_bytes = coroutine.yield(piece)
        end
        return ffi.string(buffer + (from - buffer))
    end)
end

local function pieces(text, n, size)
    local scan, out = scanner(text), {}
    for i = 1, n do out[i] = scan(size) end
    out[n + 1] = scan(nil)
    return table.concat(out, "|")
end

print(pieces("one two three four", 0, 4))
