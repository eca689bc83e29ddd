#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a command that prints TAP, shows its output, and ends with the line "N passed, N failed".
# Besides "not ok" lines, a failing command without any and "Bail out!" count as one failure each.
#
#   tests/tally.sh COMMAND...
set -u

log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
n_passed=$(grep -cE '^ok( |$)' "$log")
n_failed=$(grep -cE '^(not ok( |$)|Bail out!)' "$log")
if [ "$status" != 0 ] && [ "$n_failed" = 0 ]; then
    echo "$1 ended with status $status"
    n_failed=1
fi
echo "$n_passed passed, $n_failed failed"
[ "$n_failed" = 0 ] && [ "$n_passed" != 0 ]
