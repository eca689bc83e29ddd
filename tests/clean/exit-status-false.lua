-- SPDX-License-Identifier: MIT
-- os.exit(false) is a failure without a message.
print("failing quietly")
os.exit(false)
