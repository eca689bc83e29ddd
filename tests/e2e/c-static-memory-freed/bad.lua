-- SPDX-License-Identifier: MIT
-- errors: strerror(3) answers with text of its own, which is not for free(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
const char *gai_strerror(int code);
void free(void *p);
]]

local errors = { seen = 0 }

function errors.text(code)
    local text = C.gai_strerror(code)
    local copy = ffi.string(text)
    C.free(ffi.cast("void *", text))
    errors.seen = errors.seen + 1
    return copy
end

local size = 0
for code = -8, -1 do size = size + #errors.text(code) end
print(errors.seen, size > 0)
