local maps = io.open('/proc/self/maps'):read('*a')
local n = select(2, maps:gsub('\n', '\n'))
print(n > 5, #maps > 100)
local status = io.open('/proc/self/status'):read('*a')
print(status:match('Threads:%s*(%d+)'))
print(os.getenv('LD_PRELOAD'), os.getenv('LUA_INIT'), os.getenv('FFISAN_OPTIONS'), os.getenv('FFISAN_RUN_DIR'))
for name in pairs(package.loaded) do if name:find('ffisan') then print(name) end end
for name in pairs(_G) do if tostring(name):find('ffisan') then print(name) end end
print(io.open('/proc/self/cmdline'):read('*a'):gsub('%z', ' ') ~= '')
