-- SPDX-License-Identifier: MIT
-- fields: wrappers of wrappers, the last of which gives a pointer to ffi.string
local ffi = require("ffi")

local text = {}
function text.of(p, n)
    if n then return ffi.string(p, n) end
    return ffi.string(p)
end
local function field(record, i) return text.of(record[i], i == 2 and 3 or nil) end

local function split(line)
    local bytes = ffi.new("char[?]", #line + 1, line)
    local record, start = {}, 0
    for i = 0, #line do
        if i == #line or bytes[i] == 44 then
            bytes[i] = 0
            record[#record + 1] = bytes + start
            start = i + 1
        end
    end
    return record
end

local function fields(line)
    local record, out = split(line), {}
    for i = 1, 3 do
        local ok, s = pcall(field, record, i)
        out[i] = ok and s
    end
    return table.concat(out, "|")
end

for i = 1, 3 do print(fields("id" .. i .. ",name" .. i .. ",x")) end
