local ffi = require "ffi"
local base = require "resty.core.base"

local ffi_new = ffi.new
local ffi_str = ffi.string
local get_string_buf = base.get_string_buf
local C = ffi.C


ffi.cdef[[
    typedef struct my_str_s {
    size_t   len;
    char    *data;
} my_str_t;

int snprintf(char *str, size_t size, const char *format, ...);
]]

local bufp = ffi_new("my_str_t[1]")
local buf = bufp[0]
buf.len = 1024
buf.data = get_string_buf(buf.len, true)

local _M = {}

function _M.run()
    print(tostring(bufp))
    C.snprintf(buf.data, buf.len, "%s", "Hello world")
    local res = ffi_str(buf.data)
    return res
end

return _M
