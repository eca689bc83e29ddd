#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that ask malloc for much, in bad company: signals, forks, threads, limits, libraries that
# go, and allocators of their own, linked or preloaded.  Same output and exit status as alone.
#
#   tests/robust/malloc.sh [FILTER]
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
make -s -f "$here/Makefile" TOP="$top" || exit 1
export MALLOC_PLUGIN=$top/build/tests/robust_malloc_plugin.so
export MALLOC_LIBRARY=$top/build/tests/robust_malloc_own.so
filter=${1:-}
can_stop_threads=$("$ffisan" doctor -- true | grep ' ok *threads ')

run() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    (timeout --foreground -k 5 60 "$@" </dev/null >"$prefix.out" 2>"$prefix.err") 2>/dev/null
    echo $? >"$prefix.status"
}

may_be_said() # PROGRAM HOST: pattern of what ffisan may say of it
{
    case $1 in
    deeply_bound) echo 'not everything was watched: a library was loaded with RTLD_DEEPBIND' ;;
    little_memory) echo 'not everything was watched: (no memory|there is no memory)|no LuaJIT was watched' ;;
    *) echo 'nothing' ;;
    esac
    case $2 in
    robust_malloc_own) echo '|not everything was watched: the program has a malloc of its own' ;;
    robust_malloc_sized) echo '|not everything was watched: the program has ways to free' ;;
    esac
    [ -n "$can_stop_threads" ] || echo '|not everything was watched: memory that may have been lost'
}

check() # LABEL PRELOADED HOST PROGRAM [OPTION...]
{
    local label=$1 preloaded=$2 host=$top/build/tests/$3 program=$4 said reasons
    said=$(may_be_said "$program" "$3" | tr -d '\n')
    shift 4
    [[ $label == *"$filter"* ]] || return
    rm -f "$tmp/report.jsonl"
    if [ "$program" = handler_that_allocates ]; then # libc alone does not promise to survive it
        printf 'ticked\n%s\n' "$(head -n 1 "$tmp/plain_work")" >"$tmp/plain.out"
        : >"$tmp/plain.err"
        echo 3 >"$tmp/plain.status"
    else
        LD_PRELOAD=$preloaded run "$tmp/plain" "$host" "$program"
        [ "$program" != plain_work ] || cp "$tmp/plain.out" "$tmp/plain_work"
    fi
    LD_PRELOAD=$preloaded run "$tmp/watched" "$ffisan" run "--report=$tmp/report.jsonl" "$@" -- "$host" "$program"
    sed -i -E "/^ffisan: ($said)/d" "$tmp/watched.err"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ "$(cat "$tmp/plain.status")" = 3 ] || echo "alone it ends with $(cat "$tmp/plain.status")"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    )
    verdict "robust/malloc/$label" ${reasons:+"$reasons"}
}

for program in $("$top/build/tests/robust_malloc"); do
    check "$program" '' robust_malloc "$program"
done

# What allocates on its own terms: libc's functions must not mix in, ours neither.
for program in $("$top/build/tests/robust_malloc"); do
    case $program in
    deeply_bound | handler_that_allocates | allocator_questions) continue ;; # fail alone, too
    esac
    check "$program, a malloc of its own" '' robust_malloc_own "$program"
done

for name in jemalloc tcmalloc_minimal; do
    allocator=$(ldconfig -p | awk -v name="lib$name.so" 'index($1, name) == 1 { print $NF; exit }')
    if [ -z "$allocator" ]; then
        verdict "robust/malloc/$name" "lib$name is missing: run tests/deps.sh"
        continue
    fi
    for program in plain_work closed_descriptors vforks spawns libraries_that_go large_stacks \
        forks_while_others_allocate other_threads_free allocator_questions blocks_from_before \
        allocators_that_go growth another_user; do
        check "$program, with $name" "$allocator" robust_malloc "$program"
        check "$program, with $name and a ledger" "$allocator" robust_malloc "$program" --malloc=ledger
    done
done

# What the allocator does not survive alone, it does not survive with a ledger.
for program in $("$top/build/tests/robust_malloc"); do
    [ "$program" != handler_that_allocates ] || continue
    check "$program, with a ledger" '' robust_malloc "$program" --malloc=ledger
done
for option in 0 1 ledger; do
    check "other ways to free, --malloc=$option" '' robust_malloc_sized all "--malloc=$option"
done
tap_end
