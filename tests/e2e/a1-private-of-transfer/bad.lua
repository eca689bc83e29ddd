-- SPDX-License-Identifier: MIT
-- transfers: each finds its request by what libcurl keeps for it
local ffi = require("ffi")
local U = ffi.load("curl.so.4")
ffi.cdef[[
typedef struct CURL CURL;
CURL *curl_easy_init(void); int curl_easy_setopt(CURL *, int opt, ...); int curl_easy_getinfo(CURL *, int info, ...);
void curl_easy_cleanup(CURL *); int curl_easy_perform(CURL *);
typedef struct request { int id; char path[32]; } request;
]]
local PRIVATE, INFO_PRIVATE = 10103, 0x100000 + 21
local requests = {}
local function request(id, path)
    local h = ffi.gc(U.curl_easy_init(), U.curl_easy_cleanup)
    local r = ffi.new("request", id, path)
    U.curl_easy_setopt(h, PRIVATE, r)
    return h
end
local function path_of(h)
    local out = ffi.new("char *[1]")
    U.curl_easy_getinfo(h, INFO_PRIVATE, out)
    local r = ffi.cast("request *", out[0])
    return ffi.string(r.path)
end
local hs = {}
for i = 1, 3 do hs[i] = request(i, "/item/" .. i) end
for i = 1, 3 do print(path_of(hs[i])) end
