#!/bin/bash
# SPDX-License-Identifier: MIT
# After a long run reports are as good as in the beginning, and memory has not grown: at most 1.5
# times what the program had, plus the quarantine and our books.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
upstream=$top/build/deps/luajit-upstream/usr/bin/luajit
books_kib=$((4096 + 12288)) # the quarantine, and what is known of states, stacks and types

check() # LABEL LUAJIT
{
    local label=$1 luajit=$2 reasons plain_kib kib
    plain_kib=$("$luajit" "$here/long.lua" 1000 700)
    for gc in auto natural; do
        kib=$("$ffisan" run --gc=$gc -- "$luajit" "$here/long.lua" 1000 700 2>"$tmp/err")
        reasons=$(cat "$tmp/err")
        [ "${kib:-0}" -gt 1000 ] && [ "$kib" -lt $((plain_kib * 3 / 2 + books_kib)) ] ||
            reasons+="$kib KiB, without ffisan $plain_kib KiB"
        verdict "robust/long/memory, $label, $gc" ${reasons:+"$reasons"}
    done
    "$ffisan" run -- "$luajit" "$here/long.lua" 100000 1 use >"$tmp/out" 2>"$tmp/err"
    reasons=
    grep -qE '^SUMMARY: .*char \[50\] \(.*long.lua:20\) through holder.p \(.*long.lua:19\)' "$tmp/err" ||
        reasons=$(cat "$tmp/err")
    verdict "robust/long/stacks after 100,000 functions, $label" ${reasons:+"$reasons"}
}

check system luajit
check upstream "$upstream"
tap_end
