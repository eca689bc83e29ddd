local escapes = { ['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\t'] = '\\t' }
local function encode(v)
    local kind = type(v)
    if kind == 'string' then return '"' .. v:gsub('["\\\n\t]', escapes) .. '"' end
    if kind == 'number' or kind == 'boolean' then return tostring(v) end
    if kind == 'nil' then return 'null' end
    local out = {}
    if #v > 0 then
        for i = 1, #v do out[i] = encode(v[i]) end
        return '[' .. table.concat(out, ',') .. ']'
    end
    local keys = {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys)
    for i, k in ipairs(keys) do out[i] = encode(k) .. ':' .. encode(v[k]) end
    return '{' .. table.concat(out, ',') .. '}'
end
local unescapes = { n = '\n', t = '\t', ['"'] = '"', ['\\'] = '\\' }
local decode
local function skip(s, i) return s:match('^%s*()', i) end
function decode(s, i)
    i = skip(s, i or 1)
    local c = s:sub(i, i)
    if c == '"' then
        local e = i + 1
        while true do
            local d = s:sub(e, e)
            if d == '"' then break end
            e = e + (d == '\\' and 2 or 1)
        end
        return s:sub(i + 1, e - 1):gsub('\\(.)', unescapes), e + 1
    elseif c == '[' or c == '{' then
        local t, close = {}, c == '[' and ']' or '}'
        i = skip(s, i + 1)
        while s:sub(i, i) ~= close do
            local k, v
            if close == '}' then
                k, i = decode(s, i)
                i = skip(s, i) + 1
            end
            v, i = decode(s, i)
            t[k or #t + 1] = v
            i = skip(s, i)
            if s:sub(i, i) == ',' then i = skip(s, i + 1) end
        end
        return t, i + 1
    end
    local word, e = s:match('^([%w.+-]+)()', i)
    if word == 'true' or word == 'false' then return word == 'true', e end
    return tonumber(word), e
end
local function fix(s, e) return s, e end
local document = { title = 'a "quoted"\n\ttext\\', list = {}, deep = {} }
for i = 1, 150 do document.list[i] = { id = i, name = 'item ' .. i, ok = i % 3 == 0, tags = { 'a' .. i, i / 4 } } end
local at = document.deep
for i = 1, 30 do at.x = { level = i, s = ('z'):rep(i) } at = at.x end
local text = encode(document)
for _ = 1, 3 do
    local again = encode((fix(decode(text))))
    assert(again == text)
end
print(#text, text:sub(1, 60))
local sum = 0
for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 1000003 end
print(sum)
