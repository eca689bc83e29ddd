-- SPDX-License-Identifier: MIT
-- work: a handler with tables, strings, FFI structs and lua-resty-core's own FFI calls in it
local ffi = require("ffi")

ffi.cdef[[
struct work_point { double x, y; };
struct work_path { int n; struct work_point *points; const char *name; };
]]

local work = {}

local function path_of(n, name)
    local points = ffi.new("struct work_point[?]", n)
    for i = 0, n - 1 do points[i].x, points[i].y = i, i * i end
    return { points = points, name = name, c = ffi.new("struct work_path", n, points, name) }
end

local function length(path)
    local sum, c = 0, path.c
    for i = 1, c.n - 1 do
        local dx, dy = c.points[i].x - c.points[i - 1].x, c.points[i].y - c.points[i - 1].y
        sum = sum + math.sqrt(dx * dx + dy * dy)
    end
    return sum
end

function work.answer()
    local n = tonumber(ngx.var.arg_n)
    local words = {}
    for i = 1, n do words[i] = ("%s-%d"):format(ngx.var.uri, i) end
    local text = table.concat(words, " ")
    local path = path_of(n, "path of " .. n)
    ngx.header["X-Path"] = ffi.string(path.c.name)
    ngx.say(("%s %.6f %s"):format(ngx.md5(text), length(path), ngx.encode_base64(words[n])))
end

function work.resty()
    local parts = {}
    for i = 1, 50 do
        local encoded = ngx.escape_uri("a b&c=" .. i)
        local found = ngx.re.match(ngx.unescape_uri(encoded), [[(\w+)=(\d+)]], "jo")
        parts[i] = found[1] .. ngx.re.gsub(found[2], "[0-4]", "x", "jo")
    end
    ngx.say(table.concat(parts, ","), " ", ngx.crc32_short(table.concat(parts)))
end

return work
