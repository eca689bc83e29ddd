#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel refuses memory to ffisan, at every call there is: the program runs on, and what was not
# watched is said.  A bug is still found, or it is said that not everything was watched.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
make -s -f "$here/Makefile" TOP="$top" || exit 1
upstream=$top/build/deps/luajit-upstream/usr/bin/luajit
article=$top/tests/e2e/article-module

run() # PREFIX ASSIGNMENT FOLDER COMMAND...
{
    local prefix=$1 assignment=$2 folder=$3
    shift 3
    (
        cd "$folder" && env LD_PRELOAD="$top/build/tests/fail_mmap.so" "$assignment" \
            timeout --foreground -k 5 60 "$ffisan" run -- "$@" </dev/null >"$prefix.out" 2>"$prefix.err"
    ) 2>/dev/null
    echo $? >"$prefix.status"
}

# Does it say so? Not when memory failed for something that can wait or be done without.
check_clean() # LABEL LUAJIT ASSIGNMENT
{
    run "$tmp/got" "$3" "$here" "$2" no-memory.lua
    difference "$3: exit status" <(echo 7) "$tmp/got.status"
    difference "$3: output" <(printf '90565\t200000\t3\n') "$tmp/got.out"
    grep -vE '^ffisan: (not everything|no LuaJIT|a LuaJIT is not|there is no memory)' "$tmp/got.err"
}

check_bad() # LABEL LUAJIT ASSIGNMENT
{
    run "$tmp/got" "$3" "$article" "$2" bad.lua
    [ "$(tail -n 1 "$tmp/got.out")" = 'Hello world' ] || { echo "$3: output:"; cat "$tmp/got.out"; }
    case $(cat "$tmp/got.status") in
    66) ;;
    0) grep -q '^ffisan: ' "$tmp/got.err" || echo "$3: not found, and nothing is said" ;;
    *) echo "$3: exit status $(cat "$tmp/got.status")" ;;
    esac
}

count() # LUAJIT FOLDER PROGRAM: how many calls of mmap there are without failure
{
    rm -f "$tmp/count"
    run "$tmp/got" "FAIL_COUNT=$tmp/count" "$2" "$1" "$3"
    sort -n "$tmp/count" | tail -n 1
}

for label in system upstream; do
    luajit=$upstream
    [ $label = upstream ] || luajit=$(command -v luajit)
    read -r n_mmap _ <<<"$(count "$luajit" "$here" no-memory.lua)"
    reasons=
    for ((n = 1; n <= n_mmap + 1; n++)); do
        reasons+=$(check_clean "$label" "$luajit" "FAIL_MMAP=$n")
        reasons+=$(check_clean "$label" "$luajit" "FAIL_MMAP=$n-")
    done
    [ "$n_mmap" -gt 5 ] || reasons+="only $n_mmap calls of mmap were seen"
    verdict "robust/no memory/clean, $n_mmap calls of mmap, $label" ${reasons:+"$reasons"}
    read -r n_mmap n_mprotect <<<"$(count "$luajit" "$article" bad.lua)"
    reasons=
    for ((n = 1; n <= n_mmap + 1; n++)); do
        reasons+=$(check_bad "$label" "$luajit" "FAIL_MMAP=$n")
        reasons+=$(check_bad "$label" "$luajit" "FAIL_MMAP=$n-")
    done
    verdict "robust/no memory/bad, $n_mmap calls of mmap, $label" ${reasons:+"$reasons"}
    reasons=
    for ((n = 1; n <= n_mprotect; n++)); do
        reasons+=$(check_bad "$label" "$luajit" "FAIL_MPROTECT=$n")
        reasons+=$(check_bad "$label" "$luajit" "FAIL_MPROTECT=$n-")
    done
    [ "$n_mprotect" -gt 0 ] || reasons+='no call of mprotect was seen'
    verdict "robust/no memory/bad, $n_mprotect calls of mprotect, $label" ${reasons:+"$reasons"}
done
tap_end
