-- SPDX-License-Identifier: MIT
-- notes: buffers of a plugin, freed by the plugin when Lua drops them
local ffi = require("ffi")
ffi.cdef[[
struct text_buffer *text_buffer_new(const char *content);
const char *text_buffer_data(const struct text_buffer *buffer);
void text_buffer_free(struct text_buffer *buffer);
]]

local plugin = ffi.load("plugin_text")
local Notes = {}
Notes.__index = Notes

function Notes.open()
    return setmetatable({ plugin = plugin, list = {} }, Notes)
end

function Notes:add(text)
    local buffer = ffi.gc(self.plugin.text_buffer_new(text), self.plugin.text_buffer_free)
    self.list[#self.list + 1] = buffer
end

function Notes:join()
    local out = {}
    for i, buffer in ipairs(self.list) do out[i] = ffi.string(self.plugin.text_buffer_data(buffer)) end
    return table.concat(out, ",")
end

local function one_page(page)
    local notes = Notes.open()
    for i = 1, 5 do notes:add(("%d.%d"):format(page, i)) end
    return notes:join()
end

local pages = {}
for page = 1, 60 do pages[#pages + 1] = one_page(page) end
print(#pages, pages[1], pages[60])
