-- SPDX-License-Identifier: MIT
-- logconf: configuration of a logger, as its C side wants it
local ffi = require("ffi")

ffi.cdef[[
struct sink { int level; const char *path; };
struct config { int version; struct { const char *name; } owner; struct sink sink; };
]]

local config = { c = ffi.new("struct config") }

function config.load(source)
    local root, name = source:match("root=(%S+) name=(%S+)")
    config.c.version = tonumber(source:match("version=(%d+)"))
    config.name = name
    config.c.owner.name = config.name
    config.c.sink.path = root .. "/" .. name .. ".log"
    config.c.sink.level = 3
end

function config.describe()
    local parts = { "v" .. config.c.version, ffi.string(config.c.owner.name) }
    parts[#parts + 1] = ffi.string(config.c.sink.path)
    parts[#parts + 1] = "level " .. config.c.sink.level
    return table.concat(parts, ", ")
end

config.load("version=2 root=/var/log name=gateway")
print(config.describe())
