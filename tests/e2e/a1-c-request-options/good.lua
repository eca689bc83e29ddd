-- SPDX-License-Identifier: MIT
-- http: requests whose options are strings made from parts, kept as long as they are set
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
typedef struct keeper_request keeper_request;
keeper_request *keeper_request_new(void);
void keeper_request_set(keeper_request *request, int option, const char *value);
int keeper_request_send(const keeper_request *request, char *text, size_t size);
void keeper_request_free(keeper_request *request);
]]
local ADDRESS, AGENT = 1, 2

local Client = {}
Client.__index = Client

function Client.new(agent)
    local self = { handle = ffi.gc(lib.keeper_request_new(), lib.keeper_request_free), agent = agent }
    lib.keeper_request_set(self.handle, AGENT, agent)
    return setmetatable(self, Client)
end

local function query(arguments)
    local parts = {}
    for name, value in pairs(arguments) do parts[#parts + 1] = name .. "=" .. tostring(value) end
    table.sort(parts)
    return table.concat(parts, "&")
end

function Client:get(path, arguments)
    local address = path .. "?" .. query(arguments)
    self.address = address
    lib.keeper_request_set(self.handle, ADDRESS, address)
end

function Client:send()
    local text = ffi.new("char[200]")
    local n = lib.keeper_request_send(self.handle, text, 200)
    return ffi.string(text, n)
end

local client = Client.new("shop/1.0")
client:get("/search", { q = "tea", page = 2 })
print(client:send())
client:get("/cart", { item = 17 })
print(client:send())
