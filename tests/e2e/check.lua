-- SPDX-License-Identifier: MIT
-- check: does a report (JSON lines) hold the finding that a program's expect file describes?
--
--   luajit check.lua EXPECT REPORT [several]    prints why not, one reason per line; status 1 then
--
-- expect is key=value per line; "a|b" means either, and "#" any number.  One finding must satisfy
-- all keys, and every finding of severity error must be about the memory that the file describes,
-- as a program has one bug; "several" allows others.  All of them say why, and what to change.
-- stdout=any and fixed_in=N are for run.sh.

-- JSON, as much of it as records use.
local function decode(text)
    local at = 1
    local value

    local function fail(what) error(("column %d: %s"):format(at, what), 0) end
    local function skip() at = text:find("[^ \t]", at) or #text + 1 end
    local function take(char)
        skip()
        if text:sub(at, at) ~= char then return false end
        at = at + 1
        return true
    end
    local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
    local function string_value()
        local out = {}
        while true do
            local stop = text:find('["\\]', at) or fail("string without end")
            out[#out + 1] = text:sub(at, stop - 1)
            at = stop + 1
            if text:sub(stop, stop) == '"' then return table.concat(out) end
            local escape = text:sub(at, at)
            if escape == "u" then
                local code = tonumber(text:sub(at + 1, at + 4), 16) or fail("bad \\u")
                out[#out + 1] = code < 128 and string.char(code) or "?"
                at = at + 5
            else
                out[#out + 1] = escapes[escape] or escape
                at = at + 1
            end
        end
    end
    local function members(close, member)
        local out = {}
        if take(close) then return out end
        repeat member(out) until not take(",")
        if not take(close) then fail("expected " .. close) end
        return out
    end
    function value()
        if take('"') then return string_value() end
        if take("{") then
            return members("}", function(out)
                if not take('"') then fail("expected a name") end
                local name = string_value()
                if not take(":") then fail("expected ':'") end
                out[name] = value()
            end)
        end
        if take("[") then
            return members("]", function(out) out[#out + 1] = value() end)
        end
        local word = text:match("^[%w+.-]+", at) or fail("expected a value")
        at = at + #word
        if word == "true" or word == "false" then return word == "true" end
        if word == "null" then return nil end
        return tonumber(word) or fail("bad value " .. word)
    end

    local result = value()
    skip()
    if at <= #text then fail("text after the record") end
    return result
end

local function lua_frame(stack, n)
    for _, frame in ipairs(stack or {}) do
        if frame.lang == "lua" then
            n = n - 1
            if n == 0 then return frame end
        end
    end
    return {}
end

local function c_functions(stack)
    local names = {}
    for _, frame in ipairs(stack or {}) do
        if frame.lang == "c" and frame["function"] then names[#names + 1] = frame["function"] end
    end
    return names
end

-- What each key of an expect file looks at: a value, or a list of values any of which may match.
local lookups = {
    kind = function(f) return f.kind end,
    severity = function(f) return f.severity end,
    why = function(f) return f.why end,
    fix = function(f) return f.fix end,
    title = function(f) return f.title end,
}
for _, part in ipairs({ "use", "holder", "block", "collected", "freed" }) do
    for _, name in ipairs({ "kind", "type", "field", "path", "access", "cycle", "preview",
        "function", "finalizer", "offset" }) do
        lookups[part .. "_" .. name] = function(f) return (f[part] or {})[name] end
    end
    local stack = (part == "holder" or part == "block") and "made" or "stack"
    local function frame(n, name)
        return function(f) return lua_frame((f[part] or {})[stack], n)[name] end
    end
    lookups[part .. "_line"] = frame(1, "line")
    lookups[part .. "_file"] = frame(1, "file")
    lookups[part .. "_in"] = frame(1, "function")
    lookups[part .. "_caller_line"] = frame(2, "line")
    lookups[part .. "_caller_in"] = frame(2, "function")
end
lookups.freed_function = function(f)
    local names = c_functions((f.freed or {}).stack)
    names[#names + 1] = (f.freed or {})["function"]
    return names
end

lookups.stored_line = function(f) return lua_frame((f.holder or {}).stored, 1).line end
lookups.stored_by = function(f) return (f.holder or {}).stored_by end
lookups.finalizer_line = function(f) return lua_frame((f.freed or {}).finalizer_made, 1).line end
for _, part in ipairs({ "use", "freed" }) do
    for _, what in ipairs({ "made", "set" }) do
        lookups[part .. "_finalizer_" .. what] = function(f)
            return lua_frame((f[part] or {})["finalizer_" .. what], 1).line
        end
    end
end
lookups.use_function = function(f)
    local names = c_functions((f.use or {}).stack)
    names[#names + 1] = (f.use or {})["function"]
    return names
end

-- How a value may satisfy a wanted one: fields and paths by their last components, texts by a part.
local function ends_with_component(got, want)
    return got == want or got:sub(-#want - 1):match("^[%]./]") and got:sub(-#want) == want
end
local function contains(got, want) return got:find(want, 1, true) end
local function equals(got, want)
    local pattern = want:gsub("%W", "%%%0"):gsub("%%#", "%%d+")
    return got:find("^" .. pattern .. "$")
end
local how = {
    holder_field = ends_with_component, use_file = ends_with_component,
    holder_file = ends_with_component, block_file = ends_with_component,
    title = contains, holder_path = contains, fix = contains, why = contains, block_preview = contains,
}

local function satisfies(key, got, wanted)
    local match = how[key] or equals
    for want in (wanted .. "|"):gmatch("(.-)|") do
        for _, one in ipairs(type(got) == "table" and got or { got }) do
            if match(tostring(one), want) then return true end
        end
    end
    return false
end

local function read_expect(path)
    local wanted = {}
    for line in io.lines(path) do
        local key, value = line:match("^([%w_]+)=(.*)$")
        if key ~= "stdout" and key ~= "fixed_in" then
            assert(lookups[key], path .. ": unknown key in: " .. line)
            wanted[#wanted + 1] = { key = key, value = value }
        end
    end
    return wanted
end

local function read_report(path)
    local findings, file = {}, io.open(path)
    if not file then return findings end
    for line in file:lines() do
        local ok, finding = pcall(decode, line)
        if not ok then return nil, "the report is not valid JSON: " .. finding end
        findings[#findings + 1] = finding
    end
    file:close()
    return findings
end

local function show(got)
    if type(got) == "table" then return table.concat(got, ",") end
    return tostring(got)
end

local function misses(finding, wanted)
    local out = {}
    for _, want in ipairs(wanted) do
        local got = lookups[want.key](finding)
        if not satisfies(want.key, got, want.value) then
            out[#out + 1] = ("%s: expected %s, got %s"):format(want.key, want.value, show(got))
        end
    end
    return out
end

local function strangers(findings, wanted)
    local out = {}
    for _, want in ipairs(wanted) do
        for _, finding in ipairs(findings) do
            local got = lookups[want.key](finding)
            if (want.key == "block_line" or want.key == "block_kind") and finding.severity == "error"
                and got and not satisfies(want.key, got, want.value) then
                out[#out + 1] = ("a second error, of a block with %s %s"):format(want.key, show(got))
            end
        end
    end
    return out
end

-- Whatever is reported, the reader learns what it is about, why it is so and what to change.
local function gaps(findings)
    local out = {}
    for _, finding in ipairs(findings) do
        for part, text in pairs({ why = finding.why, fix = finding.fix, title = finding.title,
            block = (finding.block or {}).kind }) do
            if text == "" then out[#out + 1] = finding.kind .. " with an empty " .. part end
        end
        if not (finding.why and finding.fix and finding.title and (finding.block or {}).kind) then
            out[#out + 1] = finding.kind .. " without why, fix, title or block"
        end
    end
    return out
end

local function check(expect, report, several)
    local wanted = read_expect(expect)
    local findings, broken = read_report(report)
    if not findings then return { broken } end
    if #findings == 0 then return { "no finding" } end
    local best
    for _, finding in ipairs(findings) do
        local reasons = misses(finding, wanted)
        if not best or #reasons < #best then best = reasons end
    end
    if #best == 0 then best = gaps(findings) end
    if #best > 0 or several then return best end
    return strangers(findings, wanted)
end

local reasons = check(arg[1], arg[2], arg[3])
for _, reason in ipairs(reasons) do print(reason) end
os.exit(#reasons == 0 and 0 or 1)
