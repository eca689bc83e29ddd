-- SPDX-License-Identifier: MIT
-- journal: a guard that frees the last buffer of a plugin when the program ends
local ffi = require("ffi")
ffi.cdef[[
struct text_buffer *text_buffer_new(const char *content);
const char *text_buffer_data(const struct text_buffer *buffer);
void text_buffer_free(struct text_buffer *buffer);
]]

local Journal = { guard = newproxy(true) }
Journal.plugin = ffi.load("plugin_text")

local release = Journal.plugin.text_buffer_free

function Journal.close()
    if Journal.buffer then release(Journal.buffer) end
    Journal.buffer = nil
end

function Journal.write(text)
    Journal.close()
    Journal.buffer = Journal.plugin.text_buffer_new(text)
    return #ffi.string(Journal.plugin.text_buffer_data(Journal.buffer))
end

getmetatable(Journal.guard).__gc = Journal.close
package.loaded["journal"] = Journal

local total = 0
for i = 1, 20 do total = total + Journal.write(("entry %d"):format(i)) end
print("written", total)
io.stdout:flush()
