-- SPDX-License-Identifier: MIT
-- an lrucache of records packed into one block
local ffi = require 'ffi'
local lrucache = require 'resty.lrucache'
ffi.cdef [[typedef struct { uint32_t id; uint32_t hits; char name[24]; } lru_rec_t;
typedef struct { uint32_t n; lru_rec_t recs[4]; } lru_page_t;]]
local _M = {}
local cache = lrucache.new(64)
local pages = {}
local function load_page(no)
    local page = ffi.new('lru_page_t') -- dies
    for i = 0, 3 do
        page.recs[i].id = no * 4 + i
        ffi.copy(page.recs[i].name, 'record' .. no * 4 + i)
    end
    pages[no] = page -- good
    return page
end
local function get(id)
    local rec = cache:get(id)
    if rec then return rec end
    local page = load_page(math.floor(id / 4))
    for i = 0, 3 do
        local r = page.recs[i] -- stores
        cache:set(r.id, r)
    end
    return cache:get(id)
end
function _M.content()
    local id = tonumber(ngx.var.arg_id) or 3
    local rec = get(id)
    rec.hits = rec.hits + 1 -- uses
    ngx.say(rec.id == id and 'ok' or 'bad')
end
return _M
