-- SPDX-License-Identifier: MIT
-- rate limiter: structs in a shared dict, as lua-resty-limit-traffic's
local ffi = require 'ffi'
ffi.cdef [[struct sh_req_rec { unsigned long excess; uint64_t last; };]]
local const_rec_ptr_type = ffi.typeof('const struct sh_req_rec *')
local rec_size = ffi.sizeof('struct sh_req_rec')
local rec = ffi.new('struct sh_req_rec')
local _M = {}
local last_seen = {}
local function incoming(dict, key)
    local now = ngx.now() * 1000
    local v = dict:get(key) -- dies
    local excess = 0
    if v then
        local r = ffi.cast(const_rec_ptr_type, v) -- stores
        last_seen[key] = r -- bad
        last_seen[key] = { r, v } -- good
        excess = math.max(tonumber(r.excess) - 1000, 0)
    end
    rec.excess = excess + 1
    rec.last = now
    dict:set(key, ffi.string(rec, rec_size))
    return excess
end
function _M.content()
    local dict = ngx.shared.limits
    incoming(dict, 'k' .. ngx.var.connection % 3)
    incoming(dict, 'k1')
    local r = last_seen.k1
    ngx.sleep(0)
    if type(r) == 'table' then r = r[1] end
    local t = r and tonumber(r.last) or 0 -- uses
    ngx.say(t >= 0 and 'limit' or '?')
end
return _M
