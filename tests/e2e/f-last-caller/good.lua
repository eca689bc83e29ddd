-- SPDX-License-Identifier: MIT
-- audit: a C module remembers which thread asked last, and Lua keeps that thread
local module = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local Requests = { n = 0 }

local function handle(path)
    Requests.n = Requests.n + 1
    module.ask()
    return #path
end

function Requests.run(path)
    local thread = coroutine.create(handle)
    Requests.last = thread
    local ok, size = coroutine.resume(thread, path)
    return ok and size
end

local total = 0
for _, path in ipairs({ "/", "/index", "/about" }) do total = total + Requests.run(path) end
print(Requests.n, total)
print(module.answer())
