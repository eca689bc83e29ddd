-- SPDX-License-Identifier: MIT
-- An error in a finalizer: raised where the collector ran, or printed, as the LuaJIT has it.
local closed = 0

local function session(name, fails)
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = function()
        closed = closed + 1
        if fails then error("cannot close " .. name) end
    end
    return proxy
end

local function work(name, fails)
    local open = session(name, fails)
    return tostring(open):match("userdata") .. " " .. name
end

collectgarbage("stop")
print(work("first", false), work("second", true), work("third", false))
print(pcall(collectgarbage))
print(pcall(collectgarbage))
collectgarbage("restart")
print("closed", closed)
