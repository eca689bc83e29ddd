-- SPDX-License-Identifier: MIT
-- hosts: a resolver with a cache, whose entries have the name that the library gave
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[
struct answers_host { const char *name; int port; };
const struct answers_host *answers_lookup(int number);
]]

local cache = {}

local function resolve(number)
    if not cache[number] then
        local host = answers.answers_lookup(number)
        cache[number] = { name = ffi.string(host.name), port = host.port }
    end
    return cache[number]
end

local function url(number)
    local host = resolve(number)
    return ("http://%s:%d/"):format(host.name, host.port)
end

for _, number in ipairs({ 1, 2, 1, 3, 2 }) do print(url(number)) end
