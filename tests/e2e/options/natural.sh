#!/bin/bash
# SPDX-License-Identifier: MIT
# --gc=natural: what does not hang on when the collector runs is found all the same, with the same
# reports: memory of C that is lost, freed wrongly or overrun, and results that C overwrites.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"

for kind in e2e/c- e2e/g- e2e/h- e2e/s- clean/c-; do
    FFISAN_TEST_OPTIONS=--gc=natural FFISAN_TEST_LUAJIT=system "$top/tests/run.sh" "$kind" >"$tmp/tap" 2>&1
    failed=$(grep -A 4 '^not ok' "$tmp/tap")
    grep -q '^ok' "$tmp/tap" || failed="no test passed: $(tail -n 3 "$tmp/tap")"
    verdict "$kind by collections that the program has by itself" ${failed:+"$failed"}
done
tap_end
