-- SPDX-License-Identifier: MIT
-- window: a C module keeps what lua_tostring gave it, and so does Lua
local window = package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines")()

local Window = { visits = 0 }

local function shorten(path)
    local name = path:match("[^/]+$")
    return name
end

function Window.show(path)
    Window.visits = Window.visits + 1
    Window.title = "Viewing " .. shorten(path)
    window.set_title(Window.title)
end

local function describe() return ("%d: %s"):format(Window.visits, window.get_title()) end

Window.show("/home/ada/notes/engine.txt")
print(describe())
