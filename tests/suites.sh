#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every suite, two at a time, shows their TAP in a fixed order, and ends with the totals.
# Which suite is under way and how it ended is said on standard error.
#
#   tests/suites.sh [FILTER]     only suites whose path contains FILTER
#
# FFISAN_TEST_JOBS  suites at a time (default: 2)
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
filter=${1:-}
jobs=${FFISAN_TEST_JOBS:-2}
limit=600 # seconds: only a hang takes that long
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'exit 1' HUP INT TERM

say() { printf '%4ds  %s\n' $SECONDS "$*" >&2; }

log_of() { echo "$logs/${1//\//-}"; }

count() # PATTERN LOG
{
    grep -cE "$1" "$2"
}

# Adds a failure when a suite has none but did not succeed, or has no results at all.
run_suite() # SUITE
{
    local suite=$1 log start=$SECONDS status n_ok n_bad
    log=$(log_of "$suite")
    timeout --foreground -k 10 $limit "$suite" >"$log" 2>&1 </dev/null
    status=$?
    n_ok=$(count '^ok( |$)' "$log")
    n_bad=$(count '^(not ok( |$)|Bail out!)' "$log")
    if [ "$n_bad" = 0 ] && { [ $status != 0 ] || [ "$n_ok" = 0 ]; }; then
        echo "not ok - $suite ended with status $status after $n_ok tests" >>"$log"
        n_bad=1
    fi
    say "$suite: $n_ok passed, $n_bad failed ($((SECONDS - start))s)"
    : >"$log.done"
}

suites=()
# Those that take long come first.
for suite in tests/robust/*.sh tests/e2e/run.sh tests/clean/run.sh tests/unit/run.sh tests/fuzz/run.sh tests/*/*.sh tests/e2e/*/*.sh; do
    [[ -x $suite && $suite == *"$filter"* && " ${suites[*]} " != *" $suite "* ]] || continue
    suites+=("$suite")
done

for suite in "${suites[@]}"; do
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    run_suite "$suite" &
done
for suite in "${suites[@]}"; do
    log=$(log_of "$suite")
    until [ -e "$log.done" ]; do
        wait -n || break
    done
    echo "# suite $suite"
    cat "$log"
done
wait
cat "$logs"/* >"$logs/.all"
n_passed=$(count '^ok( |$)' "$logs/.all")
n_failed=$(count '^(not ok( |$)|Bail out!)' "$logs/.all")
if [ "$n_failed" != 0 ]; then
    echo '# What failed:'
    for suite in "${suites[@]}"; do
        grep -E '^(not ok( |$)|Bail out!)' "$(log_of "$suite")" | sed "s|^|# $suite: |"
    done
fi
say "$n_passed passed, $n_failed failed in ${#suites[@]} suites"
echo "# $n_passed passed, $n_failed failed in ${#suites[@]} suites"
[ "$n_failed" = 0 ] && [ "$n_passed" != 0 ]
