#!/bin/bash
# SPDX-License-Identifier: MIT
# --malloc=ledger: the program's allocator stays in place, be it libc's, jemalloc or tcmalloc, and the
# same bugs are found, with the same reports, and none in the fixed twins.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"

library_of() # NAME
{
    ldconfig -p | awk -v name="lib$1.so" 'index($1, name) == 1 { print $NF; exit }'
}

# The programs of these kinds, and their fixed twins, are reported as they are without a ledger.  One
# frees by libc what libc has not handed out when there is another allocator, and dies of it alone.
again() # ALLOCATOR PRELOADED
{
    local kind n_ok failed lethal=c-free-by-another-name
    [ -n "$2" ] || lethal=none
    for kind in e2e/a4- e2e/b- e2e/c- e2e/h- e2e/g-malloc e2e/g-read clean/c-; do
        LD_PRELOAD=$2 FFISAN_TEST_OPTIONS=--malloc=ledger FFISAN_TEST_LUAJIT=system \
            "$top/tests/run.sh" "$kind" >"$tmp/tap" 2>&1
        n_ok=$(grep -c '^ok' "$tmp/tap")
        failed=$(grep '^not ok' "$tmp/tap" | grep -v "$lethal")
        [ "$n_ok" -gt 0 ] || failed="no test passed: $(tail -n 3 "$tmp/tap")"
        verdict "$kind with a ledger, $1" ${failed:+"$failed"}
    done
}

for name in libc jemalloc tcmalloc_minimal; do
    allocator=
    [ $name = libc ] || allocator=$(library_of $name)
    if [ $name != libc ] && [ -z "$allocator" ]; then
        verdict "$name" "lib$name is missing: run tests/deps.sh"
        continue
    fi
    again "$name" "$allocator"
done
tap_end
