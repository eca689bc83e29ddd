#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the unit tests with the sanitizers and runs them; those of src/runtime/vm on every LuaJIT
# there is.
#
#   tests/unit/run.sh [FILTER]     only tests whose name contains FILTER
#
# FFISAN_TEST_LUAJIT  another LuaJIT (tests/matrix.bash)
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/matrix.bash"
cd "$top" || exit 1
filter=${1:-}
limit=180 # seconds: only a hang takes that long
n_failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

fail() # NAME REASON
{
    n_failed=$((n_failed + 1))
    echo "not ok - $1"
    echo "  # $2"
}

# A test that ends badly without saying which check failed is a failed check of its own.
run() # NAME COMMAND...
{
    local name=$1 status n_results
    shift
    echo "# $name"
    timeout --foreground -k 5 $limit "$@" >"$output" 2>&1
    status=$?
    cat "$output"
    n_results=$(grep -cE '^(ok|not ok) ' "$output")
    if grep -q '^not ok ' "$output"; then
        n_failed=$((n_failed + 1))
    elif [ $status = 77 ] || grep -q '^1\.\.0 # SKIP' "$output"; then
        fail "$name" 'was skipped: run tests/deps.sh'
    elif [ $status != 0 ]; then
        fail "$name" "ended with status $status after $n_results checks"
    elif [ "$n_results" = 0 ] || ! grep -qx "1\.\.$n_results" "$output"; then
        fail "$name" "$n_results checks and no plan that says so"
    fi
}

libraries=()
for label in $matrix; do
    folder=$(libraries_of "$label")
    if [ -n "$folder" ]; then
        libraries+=("$folder/libluajit-5.1.so.2")
    else
        fail "the library of a LuaJIT called $label" 'is missing: run tests/deps.sh, or make install'
    fi
done
if ! make -s -k -j2 -f tests/unit/Makefile tests >"$output" 2>&1; then
    cat "$output"
    fail 'the unit tests compile' 'they do not'
fi
for source in tests/unit/test_*.c; do
    name=$(basename "$source" .c)
    [[ $name == *"$filter"* ]] || continue
    if [ ! -x "build/unit/$name" ]; then
        fail "$name" 'was not built'
    elif grep -qE '"(vm_host|vm_library|vm_ctypes|vm_state)\.h"' "$source"; then
        for library in "${libraries[@]}"; do # LuaJIT's memory is no matter of ours
            run "$name on $library" env ASAN_OPTIONS=detect_leaks=0 "build/unit/$name" "$library"
        done
    else
        run "$name" "build/unit/$name"
    fi
done
[ $n_failed = 0 ]
