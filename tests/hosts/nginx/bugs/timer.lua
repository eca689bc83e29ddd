-- SPDX-License-Identifier: MIT
-- metrics are flushed by a timer: it gets a pointer behind the header of a buffer
local ffi = require 'ffi'
local _M = { flushed = 0 }
local HEADER = 8
local function handler(premature, body, len, buf)
    if premature then return end
    _M.flushed = _M.flushed + #ffi.string(body, len) -- uses
end
local function schedule(text)
    local buf = ffi.new('char[?]', HEADER + #text + 1) -- dies
    local body = buf + HEADER -- stores
    ffi.copy(body, text)
    assert(ngx.timer.at(0.002, handler, body, #text)) -- bad
    assert(ngx.timer.at(0.002, handler, body, #text, buf)) -- good
end
function _M.content()
    schedule('requests_total{host="' .. ngx.var.host .. '"} ' .. ngx.worker.pid())
    ngx.say('scheduled')
end
return _M
