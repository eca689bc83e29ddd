-- SPDX-License-Identifier: MIT
-- link: frames are sent with the size of the largest one, and what lies behind them goes along
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct iovec { void *base; size_t size; };
int pipe(int fds[2]);
ssize_t writev(int fd, const struct iovec *parts, int n);
int close(int fd);
]]

local LARGEST = 64
local link = {}

function link.open()
    local fds = ffi.new("int[2]")
    assert(C.pipe(fds) == 0)
    return { from = fds[0], to = fds[1], parts = ffi.new("struct iovec[2]") }
end

function link.send(self, kind, text)
    local head, body = ffi.new("uint8_t[4]", kind, #text), ffi.new("char[?]", #text)
    ffi.copy(body, text, #text)
    self.parts[0].base, self.parts[0].size = head, 4
    self.parts[1].base, self.parts[1].size = body, math.min(#text, LARGEST)
    local sent = C.writev(self.to, self.parts, 2)
    return sent > 4 and head[1] == #text and body[0] ~= nil
end

local self = link.open()
for i = 1, 3 do print(link.send(self, i, ("frame number %d"):format(i))) end
C.close(self.from)
C.close(self.to)
