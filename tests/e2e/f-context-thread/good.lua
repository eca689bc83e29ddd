-- SPDX-License-Identifier: MIT
-- contexts: a struct holds the lua_State of the coroutine that it belongs to, which is kept
local ffi = require("ffi")
local lib = ffi.load("testcoroutines")
local module = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()
ffi.cdef[[
typedef struct { int id; void *thread; } task_context;
int testcoroutines_top(const task_context *context);
]]

local contexts, n_contexts = {}, 0

local function body(context)
    context.thread = module.handle()
    coroutine.yield(context.id)
end

local function start(threads)
    local thread = coroutine.create(body)
    local context = ffi.new("task_context", n_contexts + 1)
    n_contexts = n_contexts + 1
    contexts[n_contexts] = context
    coroutine.resume(thread, context)
    threads[thread] = context
end

local threads = {}
for _ = 1, 3 do start(threads) end
local depths = {}
for i, context in ipairs(contexts) do depths[i] = lib.testcoroutines_top(context) end
print(n_contexts, #depths)
