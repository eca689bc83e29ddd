#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs without LuaJIT, preloaded as the children of a watched program are: they notice nothing.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
make -s -f "$here/Makefile" TOP="$top" || exit 1

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (timeout --foreground -k 5 60 "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

check() # NAME COMMAND...
{
    local name=$1 reasons
    shift
    run "$tmp/plain" "$@"
    run "$tmp/watched" env LD_PRELOAD="$library" "$@"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
        [ -s "$tmp/plain.out" ] || echo 'the program printed nothing'
    )
    verdict "robust/stranger/$name" ${reasons:+"$reasons"}
}

check 'names that do not exist' "$top/build/tests/robust_stranger"
check 'a shell with children' sh -c 'ls / | sort | head -n 3; exit 4'
check 'perl' perl -e 'my %h = map { $_ => "x" x $_ } 1 .. 5000; print scalar(keys %h), "\n"; exit 5'
check 'perl that forks' perl -e '$| = 1; print "parent\n"; for (1 .. 3) { fork or exit $_; wait; print $? >> 8, "\n" }'
check 'a program that is killed' sh -c 'echo so far; kill -TERM $$'
tap_end
