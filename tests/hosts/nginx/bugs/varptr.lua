-- SPDX-License-Identifier: MIT
-- access log without copies: pointers into nginx's own values, written out by a timer
local ffi = require 'ffi'
local base = require 'resty.core.base'
require 'resty.core.var'
local C = ffi.C
local _M = { bytes = 0 }
local value, len, err = ffi.new('unsigned char *[1]'), ffi.new('size_t[1]'), base.get_errmsg_ptr()
local pending = {}
local function capture(name)
    local r = base.get_request()
    local lower = base.get_string_buf(#name)
    C.ngx_http_lua_ffi_var_get(r, name, #name, lower, 0, value, len, err)
    return { p = value[0], n = tonumber(len[0]) } -- bad: stores
    return { s = ffi.string(value[0], len[0]) } -- good
end
function _M.content()
    pending[#pending + 1] = capture('arg_s')
    pending[#pending + 1] = capture('request_id')
    if #pending > 6 then
        for i = 1, 4 do
            local e = table.remove(pending, 1)
            local s = e.s or ffi.string(e.p, e.n) -- uses
            _M.bytes = _M.bytes + #s
        end
    end
    ngx.say('logged')
end
return _M
