-- SPDX-License-Identifier: MIT
-- screen: two frame buffers that change places; one is replaced
local ffi = require("ffi")
ffi.cdef[[ typedef struct { uint8_t *front, *back; int w; } fb_t; ]]
local Screen = {}
Screen.__index = Screen
function Screen.new(w)
    local s = setmetatable({ fb = ffi.new("fb_t") }, Screen)
    s.a = ffi.new("uint8_t[?]", w)
    s.b = ffi.new("uint8_t[?]", w)
    s.fb.front, s.fb.back, s.fb.w = s.a, s.b, w
    return s
end
function Screen:resize(w)
    self.a = ffi.new("uint8_t[?]", w)
    self.b = ffi.new("uint8_t[?]", w)
    self.fb.front = self.a
    self.fb.back = self.b
    self.fb.w = w
end
function Screen:flip()
    local f = self.fb
    for i = 0, 15 do f.back[i] = f.front[i] + 1 end
    f.front, f.back = f.back, f.front
end
local s = Screen.new(64)
s:flip()
s:resize(128)
for i = 1, 3 do s:flip() end
print(s.fb.front[3], s.fb.w)
