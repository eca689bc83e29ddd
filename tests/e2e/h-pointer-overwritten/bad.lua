-- SPDX-License-Identifier: MIT
-- settings: a new value takes the place of the old one, which nobody frees
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
typedef struct { char *host; char *path; int port; } settings_t;
]]

local Settings = {}
Settings.__index = Settings

function Settings:set(field, text)
    self[field] = C.strdup(text)
end

function Settings:close()
    C.free(self.host)
    C.free(self.path)
end

local new = ffi.metatype("settings_t", Settings)

local settings = new()
for i = 1, 20 do
    settings:set("host", ("host-%d.example.org"):format(i))
    settings:set("path", ("/v%d/items"):format(i))
end
print(ffi.string(settings.host), ffi.string(settings.path))
settings:close()
