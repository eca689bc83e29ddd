-- SPDX-License-Identifier: MIT
-- group: alloc
-- JSON: documents of nested tables and strings, written and read again
local function encode(value, out)
    if type(value) == "table" then
        if value[1] ~= nil then
            out[#out + 1] = "["
            for i, item in ipairs(value) do
                if i > 1 then out[#out + 1] = "," end
                encode(item, out)
            end
            out[#out + 1] = "]"
        else
            local first = true
            out[#out + 1] = "{"
            for _, key in ipairs { "id", "name", "tags", "pos", "on" } do
                if value[key] ~= nil then
                    out[#out + 1] = (first and '"' or ',"') .. key .. '":'
                    encode(value[key], out)
                    first = false
                end
            end
            out[#out + 1] = "}"
        end
    elseif type(value) == "string" then
        out[#out + 1] = '"' .. value:gsub('[%c"\\]', "?") .. '"'
    else
        out[#out + 1] = tostring(value)
    end
end

local decode
local function members(text, at, close, add)
    if text:byte(at) == close then return at + 1 end
    while true do
        at = add(at)
        local char = text:byte(at)
        at = at + 1
        if char == close then return at end
    end
end
function decode(text, at)
    local char = text:byte(at)
    if char == 34 then
        local stop = text:find('"', at + 1, true)
        return text:sub(at + 1, stop - 1), stop + 1
    elseif char == 91 then
        local out = {}
        return out, members(text, at + 1, 93, function(from)
            local value, after = decode(text, from)
            out[#out + 1] = value
            return after
        end)
    elseif char == 123 then
        local out = {}
        return out, members(text, at + 1, 125, function(from)
            local key, colon = decode(text, from)
            local value, after = decode(text, colon + 1)
            out[key] = value
            return after
        end)
    end
    local word = text:match("^[%w.+-]+", at)
    if word == "true" then return true, at + 4 end
    if word == "false" then return false, at + 5 end
    return tonumber(word), at + #word
end

local function document(n)
    local out = {}
    for i = 1, 20 do
        out[i] = { id = n * 20 + i, name = "item " .. (n + i) % 1000, tags = { "a" .. i % 7, "b", "c" },
            pos = { i / 4, n / 8, { i % 3, n % 3 } }, on = i % 2 == 0 }
    end
    return out
end
local bytes, ids = 0, 0
for n = 1, 2800 do
    local out = {}
    encode(document(n), out)
    local text = table.concat(out)
    local back = decode(text, 1)
    bytes, ids = bytes + #text, ids + back[20].id + #back[7].tags
end
print(bytes, ids)
