#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs in C that link libluajit: hundreds of states, threads, forks, own allocators, signals,
# a strict filter for system calls, little address space, other preloaded libraries.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
make -s -f "$here/Makefile" TOP="$top" || exit 1
host=$top/build/tests/robust_host
jemalloc=$(ldconfig -p | awk '/libjemalloc\.so\.2/ { print $NF; exit }')

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (timeout --foreground -k 5 60 "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

check() # NAME WHAT-MAY-BE-SAID ARGUMENT...
{
    local name=$1 said=$2 reasons
    shift 2
    rm -f "$tmp/report.jsonl"
    run "$tmp/plain" "$host" "$@"
    run "$tmp/watched" "$ffisan" run "--report=$tmp/report.jsonl" -- "$host" "$@"
    [ -z "$said" ] || sed -i -E "/^ffisan: ($said)/d" "$tmp/watched.err"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
        [ -s "$tmp/plain.out" ] || [ -s "$tmp/plain.err" ] || echo 'the program printed nothing'
    )
    verdict "robust/linked/$name" ${reasons:+"$reasons"}
}

for program in $("$host"); do
    said=
    [ "$program" != own_allocator ] || said='no LuaJIT was watched'
    check "$program" "$said" "$program"
done
for mib in 64 128 256 1024; do
    check "$mib MiB of address space" 'not everything was watched: no memory|no LuaJIT was watched' \
        little_address_space "$mib"
done
host=$top/build/tests/robust_plugin_host
check 'plugins that come and go' '' "$top/build/tests/robust_plugin.so"
host=$top/build/tests/robust_host
# Scripts of tests/clean, each in a state of its own, several times in one process.
make -s -f "$top/tests/helper/Makefile" TOP="$top" || exit 1
export LD_LIBRARY_PATH=$top/build/tests${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
host=$top/build/tests/linked_host
scripts=()
for name in callbacks-in-order callbacks-to-the-limit finalizers-in-hot-loops libraries-come-and-go; do
    scripts+=("$top/tests/clean/$name.lua")
done
for how in --own-allocator --together --no-close; do
    check "scripts $how" '' $how "${scripts[@]}" "${scripts[@]}"
done
host=$top/build/tests/robust_host
if [ -n "$jemalloc" ]; then
    export LD_PRELOAD=$jemalloc
    for program in states_at_once threads own_faults threads_that_fork; do
        check "$program with jemalloc" '' "$program"
    done
    unset LD_PRELOAD
fi
tap_end
