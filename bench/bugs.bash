# SPDX-License-Identifier: MIT
# The bug programs of tests/e2e and their fixed twins under several tools: how many of each kind each
# tool says something about, and how long it takes.  Part of bench/run.sh.
# shellcheck shell=bash disable=SC2154

bug_limit=20 # seconds for one run: crashed programs may leave others waiting
bug_kinds=(a1 a2 a3 a4 b c d e f g h i m r s fd)

# Runs a program in its folder with its input, settings and arguments; leaves $tmp/bug.out,
# $tmp/bug.err, $tmp/bug.log and the status.
run_program() # PATH-OF-PROGRAM COMMAND...
{
    local program=$1 stem=${1%.lua} input=/dev/null settings=() args=()
    shift
    rm -f "$tmp"/bug.*
    [ ! -e "$stem.in" ] || input=$stem.in
    [ ! -e "$stem.env" ] || mapfile -t settings <"$stem.env"
    [ ! -e "$stem.args" ] || mapfile -t args <"$stem.args"
    (
        cd "$(dirname "$program")" || exit
        env "${settings[@]}" timeout --foreground -k 5 $bug_limit "$@" "$(basename "$program")" \
            "${args[@]}" <"$input" >"$tmp/bug.out" 2>"$tmp/bug.err"
    ) 2>/dev/null
}

in_writing() # PATTERN
{
    grep -qE "$1" "$tmp/bug.err" "$tmp/bug.log" 2>/dev/null
}

# What the last run left in writing: an error of memory that a tool reported.
has_report()
{
    in_writing '^==[0-9]+== (ERROR SUMMARY: [1-9]|Invalid )|ERROR: (Address|Leak)Sanitizer|^SUMMARY: '
}

# A report of the bug itself, not of the havoc that it wrought: memory that was freed or lost, freed
# wrongly, or its bounds.  A jump or an access to nowhere is havoc.
has_cause()
{
    in_writing "^==[0-9]+==  Address .* (inside a block of size .* free'd|bytes? (after|before) a block)" ||
        in_writing '^==[0-9]+== (Invalid free|.* definitely lost in loss record)' ||
        in_writing 'AddressSanitizer:? .*(use-after-free|double-free|buffer-overflow|not malloc|bad-free)' ||
        in_writing '^SUMMARY: [a-z]+(-[a-z]+)* (of|in|by|through|at) |^SUMMARY: (use-after|out-of|leak|bad-)'
}

# Lines TOOL KIND PROGRAMS CRASHED WRONG-OUTPUT REPORTED CAUSE TWINS-REPORTED MILLISECONDS
try_kind() # TOOL KIND COMMAND...
{
    local tool=$1 kind=$2 folder status begin ended spent=0
    local n=0 crashed=0 wrong=0 reported=0 cause=0 twins=0
    shift 2
    for folder in "$top"/tests/e2e/"$kind"-*/; do
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
        if [ $status -ge 124 ]; then
            crashed=$((crashed + 1))
        elif ! grep -q '^stdout=any$' "$folder/expect" && ! cmp -s "$tmp/bug.out" "$tmp/good.out"; then
            wrong=$((wrong + 1))
        fi
        run_program "$folder/good.lua" "$@"
        if has_report; then twins=$((twins + 1)); fi
    done
    echo "$tool $kind $n $crashed $wrong $reported $cause $twins $((spent / 1000))"
}

try_tool() # TOOL COMMAND...; nothing when other tools are asked for
{
    local tool=$1 kind line
    shift
    [ -z "$tools" ] || [[ ,$tools, == *,$tool,* ]] || return 0
    for kind in "${bug_kinds[@]}"; do
        line=$(try_kind "$tool" "$kind" "$@")
        echo "  $line" >&2
        echo "$line"
    done
}

# What the last run has measured of the tools that are not asked for stays.
measure_bugs()
{
    [ -z "$tools" ] || [ ! -e "$results/bugs" ] ||
        awk -v tools=",$tools," 'index(tools, "," $1 ",") == 0' "$results/bugs"
    try_tools
}

try_tools()
{
    local asan per_line=(-joff -e "$hook")
    local grind=(valgrind --leak-check=full --show-leak-kinds=definite
        --errors-for-leak-kinds=definite --log-file="$tmp/bug.log")
    try_tool plain "$luajit"
    try_tool per-line "$luajit" "${per_line[@]}"
    try_tool ffisan-natural "$ffisan" run --gc=natural -- "$luajit"
    try_tool ffisan-auto "$ffisan" run --gc=auto -- "$luajit"
    [ -n "$full" ] || return 0
    asan=$(find /usr/lib /usr/local/lib -name 'libasan.so.[0-9]' 2>/dev/null | sort | tail -n 1)
    if [ -n "$asan" ]; then
        # Its search for leaks knows nothing of LuaJIT's heap, and calls all that Lua holds lost.
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
