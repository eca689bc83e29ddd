-- SPDX-License-Identifier: MIT
-- os.exit(code, true) closes the state: finalizers of reachable objects run, in order.
local function noisy(name)
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = function() print("closing " .. name) end
    return proxy
end

kept = { noisy("first"), noisy("second"), noisy("third") }
os.exit(5, true)
