-- SPDX-License-Identifier: MIT
-- base: stands in for resty.core.base, which has this function and is not always installed
local ffi = require("ffi")

local char_array = ffi.typeof("char[?]")
local SHARED_BYTES = 4096

local base = {}
local shared

-- A buffer of at least `size` bytes: the shared one when it is large enough, unless `fresh` is set.
function base.get_string_buf(size, fresh)
    if fresh or size > SHARED_BYTES then
        local buffer = ffi.new(char_array, size)
        return buffer
    end
    shared = shared or ffi.new(char_array, SHARED_BYTES)
    return shared
end

return base
