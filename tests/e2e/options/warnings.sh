#!/bin/bash
# SPDX-License-Identifier: MIT
# Options of the runtime that change what is reported: --dangling, --stats, --halt, --max-reports,
# --suppressions.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"
ffisan=${FFISAN_TEST_COMMAND:-$top/build/ffisan}
clean=$top/tests/clean
bad=$top/tests/e2e/a1-argv-tostring

run() # FOLDER ARGUMENT...: leaves $tmp/out, err, status
{
    local folder=$1
    shift
    (cd "$folder" && timeout -k 5 60 "$ffisan" run "$@" </dev/null >"$tmp/out" 2>"$tmp/err")
    echo $? >"$tmp/status"
}

check() # NAME REASONS
{
    verdict "$1" ${2:+"$2"}
}

status_is()
{
    [ "$(cat "$tmp/status")" = "$1" ] || echo "exit status: expected $1, got $(cat "$tmp/status")"
}

has() # PATTERN [FILE]
{
    grep -q -- "$1" "${2:-$tmp/err}" || { echo "not there: $1"; head -n 5 "${2:-$tmp/err}"; }
}

lacks()
{
    ! grep -q -- "$1" "$tmp/err" || echo "there: $1"
}

check 'dangling pointers are silent by default' "$(
    run "$clean" -- luajit stale-never-used.lua
    status_is 0
    [ -s "$tmp/err" ] && cat "$tmp/err"
)"

check 'dangling pointers are warnings when asked for, and no errors' "$(
    run "$clean" --dangling --report="$tmp/report.jsonl" -- luajit stale-never-used.lua
    status_is 0
    has '^ffisan: WARNING: '
    has 'dangling-pointer of string (stale-never-used.lua:14) through parser.last_error'
    lacks 'ERROR'
    has '"severity":"warning"' "$tmp/report.jsonl"
    has '"kind":"dangling-pointer"' "$tmp/report.jsonl"
)"

check 'a program without dangling pointers has no warnings' "$(
    run "$clean" --dangling -- luajit anchored-by-upvalue.lua
    status_is 0
    lacks 'WARNING'
)"

check 'counters at exit' "$(
    run "$clean" --stats -- luajit anchored-by-upvalue.lua
    status_is 0
    has 'stats: states 1, allocations [1-9]'
    has 'stats: audits [1-9][0-9]*, holders searched [1-9]'
)"

check 'halt ends the program with an abort at the first error' "$(
    run "$bad" --halt -- luajit bad.lua
    status_is 66
    has '^ffisan: ERROR: '
    has 'halted after the first error'
)"

check 'reports beyond the limit are only counted' "$(
    run "$bad" --max-reports=0 -- luajit bad.lua
    status_is 66
    lacks '^ffisan: ERROR: '
    has 'only counted'
)"

check 'the text goes to a file when asked for' "$(
    run "$bad" --log="$tmp/log" -- luajit bad.lua
    status_is 66
    has '^ffisan: ERROR: ' "$tmp/log"
    lacks '^ffisan: ERROR: '
)"

check 'what a rule describes is only counted' "$(
    echo 'kind=use-after-collect file=bad.lua # known' >"$tmp/rules"
    run "$bad" --suppressions="$tmp/rules" --report="$tmp/none.jsonl" -- luajit bad.lua
    status_is 0
    lacks 'ERROR'
    has '^ffisan: [1-9][0-9]* findings* suppressed$'
    [ ! -e "$tmp/none.jsonl" ] || echo 'there is a record'
)"

check 'what no rule describes is reported' "$(
    echo 'kind=leak file=bad.lua' >"$tmp/rules"
    run "$bad" --suppressions="$tmp/rules" -- luajit bad.lua
    status_is 66
    has '^ffisan: ERROR: '
    lacks suppressed
)"

check 'the number of a finding suppresses it' "$(
    run "$bad" -- luajit bad.lua
    sed -nE 's/^ffisan: ERROR: .* ([0-9a-f]{8})$/id=\1/p' "$tmp/err" >"$tmp/rules"
    has '^id=........$' "$tmp/rules"
    run "$bad" --suppressions="$tmp/rules" -- luajit bad.lua
    status_is 0
)"

check 'suppressed leaks are in no list' "$(
    echo 'kind=leak' >"$tmp/rules"
    run "$top/tests/e2e/h-malloc-in-loop" --suppressions="$tmp/rules" -- luajit bad.lua
    status_is 0
    has suppressed
    lacks 'lost in all'
)"

check 'a rule that is none is an error, with its line' "$(
    printf '# rules\nkind=leak\nfile:bad.lua\n' >"$tmp/rules"
    run "$bad" --suppressions="$tmp/rules" -- luajit bad.lua
    status_is 125
    has "rules:3: 'file:bad.lua' is no condition"
)"

check 'so is a file that is not there' "$(
    run "$bad" --suppressions="$tmp/nowhere" -- luajit bad.lua
    status_is 125
    has 'cannot read'
)"

tap_end
