-- SPDX-License-Identifier: MIT
-- player: an LRU cache evicts the track that the player's struct still points to
local ffi = require("ffi")

ffi.cdef[[
struct track { int id; double seconds; };
struct player { struct track *current; int volume; };
]]

local Cache = {}
Cache.__index = Cache

function Cache.new(limit) return setmetatable({ limit = limit, order = {}, by_id = {} }, Cache) end

function Cache:get(id)
    local track = self.by_id[id]
    if track then return track end
    track = ffi.new("struct track", id, id * 60.5)
    self.by_id[id] = track
    table.insert(self.order, id)
    if #self.order > self.limit then
        self.by_id[table.remove(self.order, 1)] = nil
    end
    return track
end

local function main()
    local cache, player = Cache.new(3), ffi.new("struct player")
    player.current = cache:get(1)
    for id = 2, 6 do
        local track = cache:get(id)
        if track.seconds > 200 then player.volume = player.volume + 1 end
    end
    print(player.volume, player.current.id, player.current.seconds)
end

main()
