#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make demo` shows: the article's program under ffisan, then its fixed twin.
here=$(cd "$(dirname "$0")" && pwd)
ffisan=$here/../build/ffisan
cd "$here/article" || exit 1

show() # STATUS COMMAND...: runs it, and fails when its exit status is another
{
    expected=$1
    shift
    printf '$ %s\n' "$*"
    PATH=$(dirname "$ffisan"):$PATH "$@"
    status=$?
    printf 'exit status %d\n\n' "$status"
    if [ "$status" -ne "$expected" ]; then
        printf 'examples/demo.sh: expected exit status %d\n' "$expected" >&2
        exit 1
    fi
}

printf 'The bug: buf.data holds the address of a buffer that nothing else keeps (mod.lua).\n\n'
show 0 luajit main.lua
printf 'It seems to work. Under ffisan, the same program, the same LuaJIT:\n\n'
show 66 ffisan run -- luajit main.lua
printf 'The fixed twin (mod_fixed.lua) keeps the buffer in a local variable:\n\n'
show 0 ffisan run -- luajit main.lua mod_fixed
