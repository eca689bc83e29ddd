# SPDX-License-Identifier: MIT
# The bug programs of tests/e2e (kinds A1 to A3) and their fixed twins under several tools: how many
# each tool says something about, and how long it takes.  Part of bench/run.sh.
# shellcheck shell=bash disable=SC2154

bug_limit=20 # seconds for one run: crashed programs may leave others waiting

# Runs a program in its folder, leaves $tmp/bug.out, $tmp/bug.err, $tmp/bug.log and the status.
run_program() # PATH-OF-PROGRAM COMMAND...
{
    local program=$1
    shift
    rm -f "$tmp"/bug.*
    (
        cd "$(dirname "$program")" || exit
        timeout --foreground -k 5 $bug_limit "$@" "$(basename "$program")" \
            </dev/null >"$tmp/bug.out" 2>"$tmp/bug.err"
    ) 2>/dev/null
}

# What the last run left in writing: a memory error that a tool reported.
has_report()
{
    has_cause ||
        grep -qE '^==[0-9]+== (ERROR SUMMARY: [1-9]|Invalid )|ERROR: AddressSanitizer' \
            "$tmp/bug.err" "$tmp/bug.log" 2>/dev/null
}

# A report of the use itself, not of the havoc that it wrought: a bad access to memory that was freed.
has_cause()
{
    grep -qE "^==[0-9]+==  Address .* inside a block of size .* free'd|AddressSanitizer: heap-use-after-free|^SUMMARY: use-after-collect" \
        "$tmp/bug.err" "$tmp/bug.log" 2>/dev/null
}

names_line()
{
    has_cause && grep -qE '(bad|[a-z_]+)\.lua:[0-9]+' "$tmp/bug.err" "$tmp/bug.log" 2>/dev/null
}

# TOOL PROGRAMS CRASHED WRONG-OUTPUT REPORTED CAUSE LINE TWINS-REPORTED MILLISECONDS
try_tool() # TOOL COMMAND...
{
    local tool=$1 folder status begin ended spent=0
    local n=0 crashed=0 wrong=0 reported=0 cause=0 line=0 twins=0
    shift
    echo "  $tool" >&2
    for folder in "$top"/tests/e2e/a[123]-*/; do
        [ -e "$folder/bad.lua" ] && [ -e "$folder/expect" ] || continue
        n=$((n + 1))
        run_program "$folder/good.lua" "$luajit"
        cp "$tmp/bug.out" "$tmp/good.out"
        begin=${EPOCHREALTIME/./}
        run_program "$folder/bad.lua" "$@"
        status=$?
        ended=${EPOCHREALTIME/./}
        spent=$((spent + ended - begin))
        # A sanitizer that reports ends the program itself; other ends by a signal are crashes.
        if has_report; then reported=$((reported + 1)); fi
        if has_cause; then cause=$((cause + 1)); fi
        if names_line; then line=$((line + 1)); fi
        if [ $status -ge 124 ]; then
            crashed=$((crashed + 1))
        elif ! grep -q '^stdout=any$' "$folder/expect" && ! cmp -s "$tmp/bug.out" "$tmp/good.out"; then
            wrong=$((wrong + 1))
        fi
        run_program "$folder/good.lua" "$@"
        if has_report; then twins=$((twins + 1)); fi
    done
    echo "    $tool $n $crashed $wrong $reported $cause $line $twins $((spent / 1000))" >&2
    echo "$tool $n $crashed $wrong $reported $cause $line $twins $((spent / 1000))"
}

measure_bugs()
{
    local asan grind=(valgrind --log-file="$tmp/bug.log") per_line=(-joff -e "$hook")
    try_tool plain "$luajit"
    try_tool per-line "$luajit" "${per_line[@]}"
    try_tool ffisan-natural "$ffisan" run --gc=natural -- "$luajit"
    try_tool ffisan-auto "$ffisan" run --gc=auto -- "$luajit"
    [ -n "$full" ] || return 0
    asan=$(find /usr/lib /usr/local/lib -name 'libasan.so.[0-9]' 2>/dev/null | sort | tail -n 1)
    if [ -n "$asan" ]; then
        local under_asan=(env LD_PRELOAD="$asan" ASAN_OPTIONS=detect_leaks=0)
        try_tool asan "${under_asan[@]}" "$luajit"
        try_tool asan-per-line "${under_asan[@]}" "$luajit" "${per_line[@]}"
        [ -z "$sysmalloc" ] ||
            try_tool asan-rebuilt-per-line "${under_asan[@]}" "$sysmalloc/luajit" "${per_line[@]}"
    fi
    if command -v valgrind >/dev/null; then
        try_tool valgrind "${grind[@]}" "$luajit"
        try_tool valgrind-per-line "${grind[@]}" "$luajit" "${per_line[@]}"
        [ -z "$sysmalloc" ] ||
            try_tool valgrind-rebuilt-per-line "${grind[@]}" "$sysmalloc/luajit" "${per_line[@]}"
    fi
}
