#!/bin/bash
# SPDX-License-Identifier: MIT
# Random programs that mix FFI, memory of C, strings, callbacks, coroutines, errors and forks: the
# same output and exit status watched as unwatched, and no finding.
#
#   tests/soak/run.sh                 eight programs, always the same
#   tests/soak/run.sh -t SECONDS      new ones until the time is over, or three have failed
#   tests/soak/run.sh SEED...         these; their source stays in build/soak/SEED.lua
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
folder=$top/build/soak
upstream=$top/build/deps/luajit-upstream/usr/bin/luajit
limit=60 # seconds for one run: only a hang takes that long

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (cd "$folder" && timeout --foreground -k 5 $limit "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

compare_runs() # SCHEDULE COMMAND...: what differs from the plain run
{
    local schedule=$1
    shift
    rm -f "$tmp/report.jsonl"
    run "$tmp/watched" "$ffisan" run "--report=$tmp/report.jsonl" "--gc=$schedule" -- "$@"
    difference "$schedule: exit status" "$tmp/plain.status" "$tmp/watched.status"
    [ ! -s "$tmp/report.jsonl" ] || head -c 600 "$tmp/report.jsonl"
    difference "$schedule: standard output" "$tmp/plain.out" "$tmp/watched.out"
    difference "$schedule: standard error" "$tmp/plain.err" "$tmp/watched.err"
}

check() # SEED
{
    local seed=$1 program=$1.lua reasons luajit=luajit mode=()
    [ $((seed % 3)) != 0 ] || [ ! -x "$upstream" ] || luajit=$upstream
    [ $((seed % 4)) != 0 ] || mode=(-joff)
    luajit "$here/generate.lua" "$seed" >"$folder/$program" || return
    run "$tmp/plain" "$luajit" "${mode[@]}" "$program"
    run "$tmp/again" "$luajit" "${mode[@]}" "$program"
    reasons=$(
        [ -s "$tmp/plain.out" ] || echo 'the program prints nothing'
        difference 'unwatched, a second time: output' "$tmp/plain.out" "$tmp/again.out"
        compare_runs natural "$luajit" "${mode[@]}" "$program"
        compare_runs auto "$luajit" "${mode[@]}" "$program"
        [ $((seed % 5)) != 0 ] || compare_runs alloc "$luajit" "${mode[@]}" "$program"
    )
    verdict "soak/seed $seed" ${reasons:+"$reasons"}
    [ -n "$reasons" ] || [ -n "${keep:-}" ] || rm -f "$folder/$program"
}

if missing_command luajit >"$tmp/missing"; then
    verdict soak "$(cat "$tmp/missing")"
    tap_end
    exit
fi
mkdir -p "$folder"
if [ "${1:-}" = -t ]; then
    end=$((SECONDS + ${2:?seconds}))
    seed=${3:-$((RANDOM * 32768 + RANDOM))}
    while [ $SECONDS -lt $end ] && [ $n_failed -lt 3 ]; do
        check "$seed"
        seed=$((seed + 1))
    done
elif [ $# -gt 0 ]; then
    keep=1
    for seed; do check "$seed"; done
else
    for seed in {1..8}; do check "$seed"; done
fi
tap_end
