-- SPDX-License-Identifier: MIT
-- report: collects the status line of each request, and prints them together
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[ const char *answers_status(int code); ]]

local report = {}

function report.collect(codes)
    local lines = {}
    for i, code in ipairs(codes) do
        lines[i] = { code = code, text = ffi.string(answers.answers_status(code)) }
    end
    return lines
end

function report.print(lines)
    for _, line in ipairs(lines) do
        print(line.code, line.text)
    end
end

report.print(report.collect({ 200, 301, 404, 500 }))
