#!/bin/bash
# SPDX-License-Identifier: MIT
# Options of the runtime that change what is reported: --dangling, --stats, --halt, --max-reports.
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

tap_end
