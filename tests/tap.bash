# SPDX-License-Identifier: MIT
# What the test scripts share: TAP output, comparing outputs, a temporary directory.
# Sourced by bash with $top set.  Ends with `tap_end` as the last command of the script.
# shellcheck shell=bash

: "${top:?}"
ffisan=${FFISAN_TEST_COMMAND:-$top/build/ffisan} # another build or an installed one can be tested
# shellcheck disable=SC2034
library=$(dirname "$ffisan")/libffisan.so
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n_passed=0
n_failed=0

verdict() # NAME [REASON]: a passed test, or a failed one and why
{
    local number=$((n_passed + n_failed + 1))

    if [ $# -eq 1 ]; then
        n_passed=$((n_passed + 1))
        echo "ok $number - $1"
    else
        n_failed=$((n_failed + 1))
        echo "not ok $number - $1"
        printf '%s\n' "$2" | head -n 12 | sed 's/^/  # /'
    fi
}

tap_end() # the plan, the totals; fails when a test failed
{
    echo "1..$((n_passed + n_failed))"
    echo "# $n_passed passed, $n_failed failed"
    [ $n_failed -eq 0 ]
}

# Addresses differ from run to run, and nothing else may.
normalised() { sed -E 's/0x[0-9a-f]{4,}/0xADDRESS/g' "$1"; }

difference() # WHAT EXPECTED GOT: nothing, or how the files differ
{
    cmp -s "$2" "$3" && return
    local lines
    lines=$(diff <(normalised "$2") <(normalised "$3"))
    [ -z "$lines" ] || printf '%s differs:\n%s\n' "$1" "$lines"
}

missing_command() # COMMAND...: says what is not installed, and succeeds then
{
    local command

    for command; do
        command -v "$command" >/dev/null && continue
        echo "$command is missing: run tests/deps.sh"
        return 0
    done
    return 1
}

findings_reason() # EXPECT REPORT [several]: why the report does not hold the expected finding, or nothing
{
    luajit "$top/tests/e2e/check.lua" "$@" 2>&1
}
