-- SPDX-License-Identifier: MIT
-- Texts that are meant to be live: a title that another function sets, a log that grows.
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[
const char *answers_title(void);
void answers_set_title(const char *text);
const char *answers_log(const char *line);
const char *answers_version(int part);
]]

local window, frame = { title = answers.answers_title() }, { title = answers.answers_title() }
local log = { answers.answers_log("begin "), answers.answers_log("middle "), answers.answers_log("end") }
local out = {}
for i = 1, 5 do
    answers.answers_set_title("title " .. i)
    out[#out + 1] = ffi.string(window.title) .. ffi.string(frame.title)
        .. ffi.string(answers.answers_title())
end
for _, text in ipairs(log) do out[#out + 1] = ffi.string(text) end
local parts = {}
for i = 0, 3 do parts[i + 1] = answers.answers_version(i) end
for round = 1, 2 do
    for i = 1, 4 do out[#out + 1] = ffi.string(parts[i]) end
end
print(table.concat(out, "|"))
