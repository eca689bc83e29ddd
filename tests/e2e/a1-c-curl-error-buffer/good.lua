-- SPDX-License-Identifier: MIT
-- fetch: libcurl writes what went wrong into a buffer that lives as long as its handle
local ffi = require("ffi")
local curl = ffi.load("libcurl.so.4")
ffi.cdef[[
typedef void CURL;
CURL *curl_easy_init(void);
int curl_easy_setopt(CURL *handle, int option, ...);
int curl_easy_perform(CURL *handle);
void curl_easy_cleanup(CURL *handle);
]]
local URL, ERRORBUFFER, PROTOCOLS_STR, NOPROXY = 10002, 10010, 10318, 10177

local Fetch = {}
Fetch.__index = Fetch

function Fetch.new()
    local self = setmetatable({ handle = ffi.gc(curl.curl_easy_init(), curl.curl_easy_cleanup) }, Fetch)
    local message = ffi.new("char[256]")
    self.message = message
    curl.curl_easy_setopt(self.handle, ERRORBUFFER, message)
    curl.curl_easy_setopt(self.handle, NOPROXY, "*")
    curl.curl_easy_setopt(self.handle, PROTOCOLS_STR, "file")
    return self
end

function Fetch:get(path)
    curl.curl_easy_setopt(self.handle, URL, "file://" .. path)
    return curl.curl_easy_perform(self.handle)
end

local fetch = Fetch.new()
local failed = 0
for _, path in ipairs({ "/nowhere/one", "/nowhere/two", "/nowhere/three" }) do
    if fetch:get(path) ~= 0 then failed = failed + 1 end
end
print("failed", failed)
