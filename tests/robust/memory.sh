#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that allocate much from C, while descriptors, signals, processes, libraries, threads,
# rights and limits are not what one would like: with libc's malloc, with one of their own, and
# with jemalloc and tcmalloc preloaded.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
make -s -f "$here/Makefile" TOP="$top" || exit 1
chmod 755 "$tmp" # another user may have to write its report there

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (timeout --foreground -k 5 20 "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

check() # LABEL HOST PROGRAM
{
    local label=$1 host=$2 program=$3 reasons
    rm -f "$tmp/report.jsonl"
    run "$tmp/plain" "$host" "$program"
    run "$tmp/watched" "$ffisan" run "--report=$tmp/report.jsonl" -- "$host" "$program"
    # What the kernel refuses us is said; nothing else is.
    [ "$program" != address_space_ends ] ||
        sed -i '/^ffisan: not everything was watched: no memory/d' "$tmp/watched.err"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
        [ -s "$tmp/plain.out" ] || echo 'the program printed nothing'
    )
    verdict "robust/memory/$program, $label" ${reasons:+"$reasons"}
}

plain=$top/build/tests/memory_host
for program in $("$plain"); do
    check "libc's malloc" "$plain" "$program"
    check 'a malloc of its own' "$top/build/tests/memory_host_own" "$program"
    for name in jemalloc tcmalloc_minimal; do
        allocator=$(ldconfig -p | awk -v name="lib$name.so" 'index($1, name) == 1 { print $NF; exit }')
        if [ -z "$allocator" ]; then
            verdict "robust/memory/$program, $name" 'is missing: run tests/deps.sh'
            continue
        fi
        export LD_PRELOAD=$allocator
        check "$name" "$plain" "$program"
        unset LD_PRELOAD
    done
done
tap_end
