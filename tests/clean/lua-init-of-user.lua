-- SPDX-License-Identifier: MIT
-- A LUA_INIT of the user's own still runs, and is what os.getenv shows.
print(greeting, os.getenv("LUA_INIT"), debug.gethook())
