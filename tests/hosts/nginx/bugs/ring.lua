-- SPDX-License-Identifier: MIT
-- a consistent hash ring that grows; a cursor into it is kept
local ffi = require 'ffi'
ffi.cdef [[typedef struct { uint32_t hash; uint32_t id; } ring_point_t;]]
local _M = {}
local points, cap, n = ffi.new('ring_point_t[?]', 8), 8, 0
local cursor
local old = {}
local function grow()
    local bigger = ffi.new('ring_point_t[?]', cap * 2) -- dies
    ffi.copy(bigger, points, n * ffi.sizeof('ring_point_t'))
    old[#old + 1] = points -- good
    points, cap = bigger, cap * 2
end
local function add(hash, id)
    if n == cap then grow() end
    points[n].hash, points[n].id = hash, id
    n = n + 1
end
function _M.content()
    for i = 1, 3 do add(ngx.crc32_short('peer' .. n), n) end
    if not cursor or n % 5 == 0 then cursor = points + (n - 1) end -- stores
    local id = cursor.id -- uses
    if n > 3000 then n = 0 end
    ngx.say(id >= 0 and 'peer' or '?')
end
return _M
