-- SPDX-License-Identifier: MIT
-- os.exit with a number, from inside a coroutine, with output still buffered.
io.write("leaving with 3")
coroutine.wrap(function()
    local held = {}
    for i = 1, 100 do held[i] = { i } end
    os.exit(3)
end)()
