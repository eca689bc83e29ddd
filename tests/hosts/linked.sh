#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that link libluajit: one state, several at once, one per thread, an allocator of the
# program's own.  With both libraries of the matrix.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$top/tests/matrix.bash"
host=$top/build/tests/linked_host
article=$top/tests/e2e/article-module
clean=$top/tests/clean
make -s -f "$top/tests/helper/Makefile" TOP="$top" || exit 1

run() # PREFIX FOLDER COMMAND...: output sorted, as threads print when they like
{
    local prefix=$1 folder=$2
    shift 2
    (
        cd "$folder" && LD_LIBRARY_PATH=$libraries timeout --foreground -k 5 60 "$@" \
            </dev/null >"$prefix.unsorted" 2>"$prefix.err"
    ) 2>/dev/null
    echo $? >"$prefix.status"
    sort "$prefix.unsorted" >"$prefix.out"
}

watched() # PREFIX FOLDER ARGUMENT...
{
    local prefix=$1 folder=$2
    shift 2
    rm -f "$prefix.jsonl"
    run "$prefix" "$folder" "$ffisan" run --report="$prefix.jsonl" -- "$host" "$@"
}

check_clean() # NAME FOLDER ARGUMENT...
{
    local name=$1 folder=$2 reasons
    shift 2
    run "$tmp/plain" "$folder" "$host" "$@"
    watched "$tmp/watched" "$folder" "$@"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/watched.jsonl" ] || cat "$tmp/watched.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    )
    verdict "linked/$name, $label" ${reasons:+"$reasons"}
}

check_bad() # NAME EXPECTED ARGUMENT...: EXPECTED are the e2e programs to be found, comma between
{
    local name=$1 expected=$2 program reasons
    shift 2
    run "$tmp/good" "$article" "$host" "${@//bad.lua/good.lua}"
    watched "$tmp/bad" "$article" "$@"
    reasons=$(
        for program in ${expected//,/ }; do
            findings_reason "$top/tests/e2e/$program/expect" "$tmp/bad.jsonl" several
        done
        [ "$(cat "$tmp/bad.status")" = 66 ] || echo "exit status $(cat "$tmp/bad.status")"
        difference 'standard output' "$tmp/good.out" "$tmp/bad.out"
    )
    verdict "linked/$name, $label" ${reasons:+"$reasons"}
}

check_preload() # without the command: the same finding, the program's own exit status
{
    local reasons
    rm -f "$tmp/bad.jsonl"
    run "$tmp/good" "$article" "$host" good.lua
    run "$tmp/bad" "$article" env LD_PRELOAD="$library" \
        FFISAN_OPTIONS="report=$tmp/bad.jsonl" "$host" bad.lua
    reasons=$(
        findings_reason "$article/expect" "$tmp/bad.jsonl"
        grep -q '^SUMMARY: ' "$tmp/bad.err" || echo 'no readable report'
        difference 'exit status' "$tmp/good.status" "$tmp/bad.status"
        difference 'standard output' "$tmp/good.out" "$tmp/bad.out"
    )
    verdict "linked/article by LD_PRELOAD alone, $label" ${reasons:+"$reasons"}
}

run_all()
{
    local second=../a1-struct-array-string/bad.lua third=../a2-inner-struct/bad.lua
    local two=article-module,a1-struct-array-string
    local many=("$clean/coroutines-nested.lua" "$clean/big-tables.lua" "$clean/doubly-linked-list.lua"
        "$clean/object-pool.lua" "$clean/userdata-and-weak-tables.lua" "$clean/chunks-and-environments.lua")

    check_bad 'article, compiled' article-module bad.lua
    check_bad 'article, interpreted' article-module --interpret bad.lua
    check_bad 'article without lua_close' article-module --no-close bad.lua
    check_bad 'article, own allocator' article-module --own-allocator bad.lua
    check_bad 'two states after each other' $two bad.lua $second
    check_bad 'two states at once' $two --together bad.lua $second
    check_bad 'three threads' $two,a2-inner-struct --threads bad.lua $second $third
    check_preload
    check_clean 'article fixed' "$article" good.lua
    check_clean 'article fixed, own allocator' "$article" --own-allocator good.lua
    check_clean 'article fixed, four threads' "$article" --threads good.lua good.lua good.lua good.lua
    check_clean 'six scripts in a row' "$clean" "${many[@]}"
    check_clean 'six states at once' "$clean" --together "${many[@]}"
    check_clean 'six threads' "$clean" --threads "${many[@]}"
    check_clean 'six threads, own allocator' "$clean" --own-allocator --threads "${many[@]}"
    check_clean 'a finalizer that fails' "$clean" finalizer-that-fails.lua exit-by-error.lua
    check_clean 'a script that fails' "$clean" exit-by-error.lua good.lua
}

for label in $matrix; do
    folder=$(libraries_of "$label")
    libraries=$top/build/tests:$folder
    if [ -n "$folder" ]; then
        run_all
    else
        verdict "linked, $label" 'its libluajit-5.1.so.2 was not found: run tests/deps.sh, or make install'
    fi
done
tap_end
