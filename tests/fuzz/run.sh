#!/bin/bash
# SPDX-License-Identifier: MIT
# Every fuzzer for a short while, from fixed seeds.
#
#   tests/fuzz/run.sh [SECONDS]     for each fuzzer (default: 20)
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
seconds=${1:-20}
n=0
n_failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

make -s -k -j2 -f tests/unit/Makefile fuzzers || n_failed=1
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    n=$((n + 1))
    if timeout --foreground -k 5 $((seconds + 60)) "build/unit/$name" "${seconds}s" >"$output" 2>&1; then
        echo "ok $n - $name: $(tail -n 1 "$output")"
    else
        n_failed=$((n_failed + 1))
        echo "not ok $n - $name"
        tail -n 20 "$output" | sed 's/^/  # /'
    fi
done
echo "1..$n"
[ $n_failed = 0 ] && [ $n != 0 ]
