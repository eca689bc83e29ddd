-- SPDX-License-Identifier: MIT
-- Libraries that are unloaded when nothing needs them any more: loaded again, two namespaces of one,
-- kept by RTLD_NODELETE, closed by hand with the results of dlclose, with output at each unload.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
int counter_next(void);
int math_scale(int x, int by);
int math_on_event(int event, void *context);
const char *text_version(void);
void *dlopen(const char *path, int flags);
void *dlsym(void *handle, const char *name);
int dlclose(void *handle);
char *dlerror(void);
]]
local RTLD_NOW, RTLD_NODELETE = 2, 0x1000

-- Each time it comes back, its variables are new.
local function visit()
    local plugin = ffi.load("plugin_counter")
    print(plugin.counter_next(), plugin.counter_next())
    return plugin.counter_next()
end
local last
for _ = 1, 3 do
    last = visit()
    collectgarbage()
    collectgarbage()
end
print(last)

-- One of two namespaces goes: the library stays for the other.
local first, second = ffi.load("plugin_math"), ffi.load("plugin_math")
local scale = first.math_scale
first = nil
collectgarbage()
collectgarbage()
print(scale(6, 7), second.math_scale(2, 3))

local handle = C.dlopen("libplugin_text.so", RTLD_NOW + RTLD_NODELETE)
local version = ffi.cast("const char *(*)(void)", C.dlsym(handle, "text_version"))
print("closed", C.dlclose(handle))
print(ffi.string(version()))

-- By hand, twice opened; and once too often, with the error that there always was.
local a = C.dlopen("libplugin_counter.so", RTLD_NOW)
local b = C.dlopen("libplugin_counter.so", RTLD_NOW)
print("same", a == b)
print("close", C.dlclose(a), C.dlerror() == nil)
print("still there", ffi.cast("int (*)(void)", C.dlsym(b, "counter_next"))())
ffi.errno(33)
print("close", C.dlclose(b), C.dlerror() == nil, ffi.errno())
print("no such file", C.dlopen("libplugin_nothing.so", RTLD_NOW) == nil, C.dlerror() ~= nil)

-- Many times, as a program that reloads its plugins does.
local sum = 0
for i = 1, 300 do
    local plugin = C.dlopen("libplugin_text.so", RTLD_NOW)
    sum = sum + #ffi.string(ffi.cast("const char *(*)(void)", C.dlsym(plugin, "text_version"))())
    C.dlclose(plugin)
end
print("sum", sum)
