-- SPDX-License-Identifier: MIT
-- http_request: the head of a request, kept in C structs and rendered by snprintf
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct header { const char *name; const char *value; };
int snprintf(char *out, size_t size, const char *format, ...);
]]

local Request = {}
Request.__index = Request

function Request.new(method, path)
    return setmetatable({
        line = method .. " " .. path .. " HTTP/1.1",
        headers = ffi.new("struct header[8]"),
        n_headers = 0,
        values = {},
    }, Request)
end

function Request:add(name, ...)
    local header, value = self.headers[self.n_headers], table.concat({ ... }, ", ")
    header.name, header.value = name, value
    self.values[self.n_headers] = value
    self.n_headers = self.n_headers + 1
end

function Request:render()
    local line = ffi.new("char[128]")
    local out = { self.line }
    for i = 0, self.n_headers - 1 do
        local header = self.headers[i]
        C.snprintf(line, 128, "%s: %s", header.name, header.value)
        out[#out + 1] = ffi.string(line)
    end
    return table.concat(out, "\n")
end

local request = Request.new("GET", "/status")
request:add("Host", "localhost")
request:add("Accept", "text/html", "text/plain", "application/json")
request:add("Accept-Encoding", "gzip", "br")
print(request:render())
