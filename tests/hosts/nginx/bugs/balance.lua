-- SPDX-License-Identifier: MIT
-- balancer: round robin over peers whose addresses lie in one block that reload replaces
local ffi = require 'ffi'
ffi.cdef [[
typedef struct { char host[16]; int port; int weight; } peer_t;
typedef struct { peer_t *peers; int n, at; } picker_t;
]]
local _M = {}
local picker = ffi.new('picker_t')
local held
function _M.reload()
    local peers = ffi.new('peer_t[?]', 3) -- dies
    for i = 0, 2 do
        ffi.copy(peers[i].host, '127.0.0.' .. i + 1)
        peers[i].port = tonumber(ngx.var.server_port)
        peers[i].weight = i
    end
    picker.peers = peers -- stores
    picker.n = 3
    held = peers -- good
end
function _M.balance()
    local b = require 'ngx.balancer'
    picker.at = (picker.at + 1) % picker.n
    local p = picker.peers + picker.at
    b.set_current_peer('127.0.0.1', p.port) -- uses
end
function _M.rewrite()
    if picker.n == 0 or ngx.now() * 1000 % 7 < 1 then _M.reload() end
end
return _M
