# SPDX-License-Identifier: MIT
# What the tests of the command share.  Sourced by bash from a script in this folder.
#
# Most of them run with fake_runtime.c in place of libffisan.so: it leaves exactly the files that
# FAKE_STATUS and FAKE_RECORDS ask for, so that the command is tested apart from the runtime.
#
# FFISAN   the command to test (default: build/ffisan)
# shellcheck shell=bash
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"
ffisan=${FFISAN:-$top/build/ffisan}
if [ ! -x "$ffisan" ] || missing_command luajit cc >&2; then
    echo "Bail out! $ffisan, luajit or cc is missing"
    exit 1
fi
cc -shared -fPIC -o "$tmp/libffisan.so" "$here/fake_runtime.c" -ldl || exit 1
export FFISAN_LIBRARY=$tmp/libffisan.so TMPDIR=$tmp/tmp
mkdir "$TMPDIR"
chmod 755 "$tmp" "$TMPDIR"
unset FFISAN_OPTIONS LUA_INIT NO_COLOR

matches() # WHAT PATTERN FILE: nothing, or why not; '' wants an empty file, '*' takes all
{
    local text
    text=$(cat "$3")
    [ "$2" = '*' ] && return
    if [ -z "$2" ]; then
        [ -z "$text" ] || printf 'unexpected %s:\n%s\n' "$1" "$text"
    elif ! [[ $text =~ $2 ]]; then
        printf '%s does not match %s:\n%s\n' "$1" "$2" "$text"
    fi
}

check() # NAME STATUS STDOUT STDERR COMMAND...: patterns are extended regular expressions
{
    local name=$1 status=$2 out=$3 err=$4 got reasons
    shift 4
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    got=$?
    reasons=$(
        [ "$status" = '*' ] || [ $got = "$status" ] || echo "exit status: expected $status, got $got"
        matches 'standard output' "$out" "$tmp/out"
        matches 'standard error' "$err" "$tmp/err"
        [ -z "$(ls "$TMPDIR")" ] || echo "left behind: $(ls "$TMPDIR")"
    )
    verdict "$name" ${reasons:+"$reasons"}
    rm -rf "${TMPDIR:?}"/*
}
