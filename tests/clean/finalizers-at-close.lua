-- SPDX-License-Identifier: MIT
-- Finalizers of cdata and userdata that are still reachable run when the state closes.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

object = ffi.gc(ffi.cast("char *", C.malloc(16)), function(p)
    io.write(ffi.string(p), "\n")
    C.free(p)
end)
ffi.copy(object, "cdata object")

proxies = {}
for i = 1, 5 do
    proxies[i] = newproxy(true)
    getmetatable(proxies[i]).__gc = function() io.write("proxy ", i, "\n") end
end
print("end of main chunk")
