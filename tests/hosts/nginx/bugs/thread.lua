-- SPDX-License-Identifier: MIT
-- light threads fill parts of a result
local ffi = require 'ffi'
ffi.cdef [[typedef struct { int *out; int n; } job_t;]]
local _M = {}
local function start(n)
    local results = ffi.new('int[?]', n) -- dies
    local job = ffi.new('job_t')
    job.out = results -- stores
    job.n = n
    return job, results
end
local function work(job, i)
    ngx.sleep(0.001 * (i % 3))
    job.out[i] = i * i -- uses
end
function _M.content()
    local n = 6
    local job, results = start(n)
    results = nil -- bad
    local threads = {}
    for i = 0, n - 1 do threads[#threads + 1] = ngx.thread.spawn(work, job, i) end
    for _, t in ipairs(threads) do ngx.thread.wait(t) end
    if results then job.out = results end
    ngx.say('done ', job.n)
end
return _M
