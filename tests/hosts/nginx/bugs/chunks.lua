-- SPDX-License-Identifier: MIT
-- body filter that joins chunks at the end
local ffi = require 'ffi'
local _M = {}
function _M.body()
    local chunk, eof = ngx.arg[1], ngx.arg[2] -- dies
    local list = ngx.ctx.list or {}
    ngx.ctx.list = list
    if #chunk > 0 then
        list[#list + 1] = { p = ffi.cast('const char *', chunk), n = #chunk } -- bad: stores
        list[#list + 1] = { p = ffi.cast('const char *', chunk), n = #chunk, s = chunk } -- good
    end
    if eof then
        local t = {}
        for i, c in ipairs(list) do t[i] = ffi.string(c.p, c.n) end -- uses
        ngx.arg[1] = table.concat(t)
    else
        ngx.arg[1] = nil
    end
end
function _M.content()
    for i = 1, 4 do ngx.print('part ', i, ' of ', ngx.var.arg_s or 'x', '\n') ngx.flush(true) end
end
return _M
