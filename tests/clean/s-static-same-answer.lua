-- SPDX-License-Identifier: MIT
-- Results that are kept in pairs, and asked for again before each use.
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[
const char *answers_status(int code);
struct answers_parts { int hours, minutes, seconds; };
const struct answers_parts *answers_split(int seconds);
]]

local kept = {}
for _, code in ipairs({ 200, 404 }) do kept[code] = answers.answers_status(code) end

local function text(code)
    kept[code] = answers.answers_status(code)
    return ffi.string(kept[code])
end

local out = {}
for i = 1, 6 do out[i] = text(i % 2 == 0 and 200 or 404) end
local noon = answers.answers_split(43200)
out[#out + 1] = noon.hours .. ":" .. noon.minutes
local again = answers.answers_split(43200)
out[#out + 1] = again.hours + noon.hours
local hour = answers.answers_split(43200 + 60) -- the same hour, and a minute that nobody reads
out[#out + 1] = hour.minutes + noon.hours
print(table.concat(out, " "))
