#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that use what LuaJIT and the kernel offer without mercy run as if nobody watched them:
# same output, messages and exit status, no finding.
#
#   tests/robust/programs.sh [FILTER]
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
filter=${1:-}
upstream=$top/build/deps/luajit-upstream/usr/bin/luajit
limit=60 # seconds: only a hang takes that long

run() # PREFIX PROGRAM COMMAND...
{
    local prefix=$1 program=$2
    shift 2
    (
        cd "$here/programs" && timeout --foreground -k 5 $limit "$@" "$program" \
            </dev/null >"$prefix.out" 2>"$prefix.err"
    ) 2>/dev/null
    echo $? >"$prefix.status"
}

check() # LABEL PROGRAM OPTION COMMAND...
{
    local label=$1 program=$2 option=$3 reasons
    shift 3
    rm -f "$tmp/report.jsonl"
    run "$tmp/plain" "$program" "$@"
    run "$tmp/watched" "$program" "$ffisan" run "--report=$tmp/report.jsonl" "$option" -- "$@"
    # A program that takes all memory takes ours, too, and that is said.
    [[ $program != out-of-memory* ]] ||
        sed -i '/^ffisan: not everything was watched: no memory/d' "$tmp/watched.err"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    )
    verdict "robust/${program%.lua}, $label" ${reasons:+"$reasons"}
}

if missing_command luajit >"$tmp/missing"; then
    verdict 'robust' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
for path in "$here"/programs/*.lua; do
    program=$(basename "$path")
    [[ $program == *"$filter"* ]] || continue
    check system "$program" --gc=auto luajit
    case $program in # these need a gigabyte, or make objects by the hundred thousand
    code-dies* | large-memory* | modules-* | out-of-memory* | stack-overflow*) continue ;;
    esac
    check 'system, interpreted' "$program" --gc=natural luajit -joff
    check upstream "$program" --gc=auto "$upstream"
    check 'upstream, at every allocation' "$program" --gc=alloc "$upstream"
done
tap_end
