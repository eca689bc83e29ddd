-- SPDX-License-Identifier: MIT
-- sampler: a thread of C fills a buffer later; its stack is the only place that has the address
local ffi = require("ffi")
ffi.cdef [[
    int keeper_sampler_start(char *target, size_t size);
    void keeper_sampler_finish(void);
]]
local keeper = ffi.load("testkeeper")

local Recorder = {}
Recorder.__index = Recorder

function Recorder.new(size)
    local self = setmetatable({ size = size, lines = {}, samples = ffi.new("char[?]", size) }, Recorder)
    assert(keeper.keeper_sampler_start(self.samples, size) == 0)
    return self
end

function Recorder:note(text)
    self.lines[#self.lines + 1] = text
end

function Recorder:stop()
    keeper.keeper_sampler_finish()
    return table.concat(self.lines, " ")
end

local recorder = Recorder.new(96)
for i = 1, 400 do
    recorder:note(("level %d"):format(i % 7))
end
print(#recorder:stop())
local after = {}
for i = 1, 200 do after[i] = ffi.new("char[96]") end
print(#after)
