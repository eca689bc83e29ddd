-- SPDX-License-Identifier: MIT
-- A LUA_INIT that fails ends luajit before the program starts.
print("not reached")
