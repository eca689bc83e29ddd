-- SPDX-License-Identifier: MIT
-- Locals of suspended coroutines keep what the structs point to.
local ffi = require("ffi")

ffi.cdef[[ struct message { const char *text; int number; }; ]]

local function producer(name)
    return coroutine.create(function(message)
        for number = 1, 5 do
            local text = ("%s says %d"):format(name, number * number)
            message.text, message.number = text, number
            message = coroutine.yield(#text)
        end
        message.text = nil
    end)
end

local message, workers, lines = ffi.new("struct message"), {}, {}
for i, name in ipairs({ "ann", "bob", "cy" }) do workers[i] = producer(name) end
for round = 1, 6 do
    for _, worker in ipairs(workers) do
        local ok, size = coroutine.resume(worker, message)
        local noise = { round, {}, "noise" .. round }
        if ok and message.text ~= nil then
            lines[#lines + 1] = ffi.string(message.text, size) .. #noise
        end
    end
end
print(#lines, table.concat(lines, "; "))
