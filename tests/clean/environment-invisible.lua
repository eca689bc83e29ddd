-- SPDX-License-Identifier: MIT
-- The program's own view of its environment and of its modules.
for _, name in ipairs({ "LUA_INIT", "LD_PRELOAD", "FFISAN_OPTIONS", "FFISAN_RUN_DIR",
                        "FFISAN_LUA_INIT", "LUA_PATH", "LUA_CPATH", "HOME" }) do
    print(name, os.getenv(name))
end

local function keys(t)
    local names = {}
    for name in pairs(t) do names[#names + 1] = tostring(name) end
    table.sort(names)
    return table.concat(names, " ")
end

print(keys(_G))
print(keys(package.loaded))
print(keys(package.preload))
print(package.path)
print(package.cpath)
print(#package.loaders, debug.gethook(), getmetatable(_G), keys(getmetatable("")))
