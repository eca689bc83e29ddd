#!/bin/bash
# SPDX-License-Identifier: MIT
# Benchmark programs of the usual kinds run under every schedule of collections, compiled and
# interpreted, on every LuaJIT there is: same output and exit status, no message, no finding.
#
#   tests/suite/run.sh [FILTER]
#
# FFISAN_TEST_LUAJIT   another LuaJIT (tests/matrix.bash)
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$top/tests/matrix.bash"
filter=${1:-}
limit=60 # seconds: only a hang takes that long
cd "$here" || exit 1

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (timeout --foreground -k 5 $limit "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

check() # NAME PROGRAM GC LUAJIT...: expects the plain run in $tmp/plain.*
{
    local name=$1 program=$2 gc=$3 reasons
    shift 3
    rm -f "$tmp/report.jsonl"
    run "$tmp/watched" "$ffisan" run "--report=$tmp/report.jsonl" "--gc=$gc" -- "$@" "$program"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        [ ! -s "$tmp/watched.err" ] || cat "$tmp/watched.err"
    )
    verdict "$name" ${reasons:+"$reasons"}
}

check_all() # LABEL LUAJIT...
{
    local label=$1 program reasons
    shift
    for program in *.lua; do
        [[ $program == *"$filter"* ]] || continue
        run "$tmp/plain" "$@" "$program"
        if [ "$(cat "$tmp/plain.status")" != 0 ] || [ ! -s "$tmp/plain.out" ]; then
            verdict "suite/${program%.lua}, $label" "without ffisan: $(cat "$tmp/plain.err")"
            continue
        fi
        for gc in auto natural alloc; do
            # The slowest of the four, and what the two LuaJITs differ least in.
            [ "$gc, $label" != 'alloc, upstream, interpreted' ] || continue
            check "suite/${program%.lua}, $label, $gc" "$program" $gc "$@"
        done
    done
}

if missing_command luajit >"$tmp/missing"; then
    verdict 'suite' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
for which in $matrix; do
    luajit=$(luajit_of "$which")
    check_all "$which, compiled" "$luajit"
    check_all "$which, interpreted" "$luajit" -joff
done
tap_end
