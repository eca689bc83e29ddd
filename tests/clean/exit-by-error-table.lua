-- SPDX-License-Identifier: MIT
-- An error object with and without a __tostring method.
print(pcall(error, setmetatable({}, { __tostring = function() return "an object" end })) == false)
error(setmetatable({}, { __tostring = function() return "described by itself" end }))
