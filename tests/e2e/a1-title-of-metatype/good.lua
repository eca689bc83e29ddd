-- SPDX-License-Identifier: MIT
-- tracks of a playlist: the methods of a metatype end in a call
local ffi = require("ffi")
ffi.cdef[[ struct track { int seconds; const char *title; const char *artist; }; ]]

local Track = {}

function Track:full_title(short)
    if short then return ffi.string(self.title) end
    return ffi.string(self.artist)
end

ffi.metatype("struct track", { __index = Track })

local kept = {}
local function add(list, artist, title)
    local track = ffi.new("struct track", 180)
    track.title = title
    artist = artist:upper() .. "; "; track.artist = artist; kept[#kept + 1] = artist
    kept[#kept + 1] = title
    list[#list + 1] = track
end

local list = {}
for i = 1, 6 do add(list, "artist " .. i, "title " .. i) end
for _, track in ipairs(list) do print(track:full_title(false), track:full_title(true)) end
