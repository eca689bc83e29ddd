#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the test programs under ffisan, on every LuaJIT there is, and prints TAP.
#
#   tests/run.sh [FILTER]     only programs whose path contains FILTER
#
# tests/e2e/NAME/bad.lua must be found as its expect file says, with the output of its fixed twin;
# good.lua and tests/clean/*.lua must run as without ffisan: output, messages, exit status, no
# finding.  NAME.args (one argument per line), NAME.in and NAME.env (NAME=value lines) feed a program.
#
# FFISAN_TEST_OPTIONS  more options for every `ffisan run`, e.g. --gc=alloc
# FFISAN_TEST_LUAJIT   another LuaJIT (tests/matrix.bash)
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
filter=${1:-}
limit=60 # seconds for one run: only a hang takes that long
export LD_LIBRARY_PATH=$top/build/tests${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
read -ra options <<<"${FFISAN_TEST_OPTIONS:-}"
. "$here/tap.bash"
. "$here/matrix.bash"

# Runs a program (path without .lua, in its own folder) with COMMAND..., and leaves PREFIX.out,
# PREFIX.err and PREFIX.status.
run() # PREFIX PROGRAM COMMAND...
{
    local prefix=$1 program=$2 input=/dev/null settings=() args=()
    shift 2
    [ -e "$program.in" ] && input=$program.in
    [ -e "$program.env" ] && mapfile -t settings <"$program.env"
    [ -e "$program.args" ] && mapfile -t args <"$program.args"
    (
        cd "$(dirname "$program")" || exit
        env "${settings[@]}" timeout --foreground -k 5 $limit \
            "$@" "$(basename "$program").lua" "${args[@]}" \
            <"$input" >"$prefix.out" 2>"$prefix.err"
    ) 2>/dev/null
    echo $? >"$prefix.status"
}

watched() # PREFIX PROGRAM LUAJIT...
{
    local prefix=$1 program=$2
    shift 2
    rm -f "$prefix.jsonl"
    run "$prefix" "$program" "$ffisan" run --report="$prefix.jsonl" "${options[@]}" -- "$@"
}

check_clean() # NAME PROGRAM LUAJIT...
{
    local name=$1 program=$2 reasons
    shift 2
    run "$tmp/plain" "$program" "$@"
    watched "$tmp/watched" "$program" "$@"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/watched.jsonl" ] || cat "$tmp/watched.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    )
    verdict "$name" ${reasons:+"$reasons"}
}

check_bad() # NAME FOLDER LUAJIT...: expects the good twin's output in $tmp/good.out
{
    local name=$1 folder=$2 reasons status wanted=66
    shift 2
    watched "$tmp/bad" "$folder/bad" "$@"
    grep -q '^severity=warning$' "$folder/expect" && wanted=0 # a warning changes no status
    status=$(cat "$tmp/bad.status")
    reasons=$(
        findings_reason "$folder/expect" "$tmp/bad.jsonl"
        [ "$status" = $wanted ] || echo "exit status: expected $wanted, got $status"
        grep -q '^stdout=any$' "$folder/expect" ||
            difference 'standard output' "$tmp/good.out" "$tmp/bad.out"
        grep -q '^SUMMARY: ' "$tmp/bad.err" || { echo 'no readable report:'; cat "$tmp/bad.err"; }
    )
    verdict "$name" ${reasons:+"$reasons"}
}

# The last number of versions like 2.1.1710398010, else 0.
rolling_version() # LUAJIT
{
    echo 'print(jit.version:match("%.(%d%d%d%d%d%d%d%d%d+)$") or 0)' | "$1" -
}

# Some bugs are LuaJIT's own: fixed_in says from which version on there is nothing to find.
is_fixed() # FOLDER ROLLING_VERSION
{
    local since
    since=$(sed -n 's/^fixed_in=//p' "$1/expect")
    [ -n "$since" ] && [ "$2" -ge "$since" ]
}

run_all() # LABEL LUAJIT
{
    local label=$1 luajit=$2 program folder name rolling

    rolling=$(rolling_version "$luajit")
    for program in "$here"/e2e/*/bad.lua; do
        folder=$(dirname "$program")
        name=e2e/$(basename "$folder")
        [[ $name == *"$filter"* ]] || continue
        run "$tmp/good" "$folder/good" "$luajit"
        if is_fixed "$folder" "$rolling"; then
            check_clean "$name bad, which is none any more, $label" "$folder/bad" "$luajit"
        else
            check_bad "$name bad, $label, compiled" "$folder" "$luajit"
            check_bad "$name bad, $label, interpreted" "$folder" "$luajit" -joff
        fi
        check_clean "$name good, $label" "$folder/good" "$luajit"
    done
    for program in "$here"/clean/*.lua; do
        name=clean/$(basename "$program" .lua)
        [[ $name == *"$filter"* ]] || continue
        check_clean "$name, $label" "${program%.lua}" "$luajit"
    done
}

if [ ! -x "$ffisan" ] || missing_command luajit >&2; then
    echo "Bail out! $ffisan or luajit is missing: run make and tests/deps.sh"
    exit 1
fi
make -s -f "$here/helper/Makefile" TOP="$top" || exit 1
for label in $matrix; do
    luajit=$(luajit_of "$label")
    if [ -x "$luajit" ]; then
        run_all "$label" "$luajit"
    else
        verdict "a LuaJIT called $label" 'is missing: run tests/deps.sh'
    fi
done
tap_end
