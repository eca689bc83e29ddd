-- SPDX-License-Identifier: MIT
-- a queue between requests: a producer hands addresses to a consumer thread by semaphore
local ffi = require 'ffi'
local semaphore = require 'ngx.semaphore'
ffi.cdef 'typedef struct { int id; char text[32]; } qmsg_t;'
local _M = {}
local slots, head, tail = ffi.new('qmsg_t *[64]'), 0, 0
local keep = {}
local function put(id)
    local msg = ffi.new('qmsg_t', id, 'message ' .. id) -- dies
    keep[head % 64] = msg -- good
    slots[head % 64] = msg -- stores
    head = head + 1
end
local function consume(sema)
    local n = 0
    for i = 1, 3 do
        sema:wait(1)
        n = n + slots[tail % 64].id -- uses
        tail = tail + 1
    end
    return n
end
function _M.content()
    local sema = semaphore.new()
    local t = ngx.thread.spawn(consume, sema)
    for i = 1, 3 do put(i) ngx.sleep(0) sema:post(1) end
    local ok, n = ngx.thread.wait(t)
    ngx.say('sum ', ok and n > 0 and 'ok' or 'bad')
end
return _M
