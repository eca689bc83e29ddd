-- SPDX-License-Identifier: MIT
-- A LUA_INIT that names a file.
print(greeting_from_file, os.getenv("LUA_INIT"))
