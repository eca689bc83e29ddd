#!/bin/bash
# SPDX-License-Identifier: MIT
# A fault that is not ours: the program dies as it would have, and the report names the block that
# the address lies in; a program that handles the fault is not talked into.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"
ffisan=${FFISAN_TEST_COMMAND:-$top/build/ffisan}

run() # LUA-CODE: leaves $tmp/err, status
{
    printf '%s\n' "$1" >"$tmp/crash.lua"
    (
        ulimit -c 0
        cd "$tmp" && timeout -k 5 60 "$ffisan" run -- luajit crash.lua </dev/null >"$tmp/out" 2>"$tmp/err"
        echo $? >"$tmp/status"
    ) 2>/dev/null
}

check() # NAME REASONS
{
    verdict "$1" ${2:+"$2"}
}

expect() # STATUS PATTERN
{
    [ "$(cat "$tmp/status")" = "$1" ] || echo "exit status: expected $1, got $(cat "$tmp/status")"
    [ -z "$2" ] || grep -q -- "$2" "$tmp/err" || { echo "not there: $2"; head -n 5 "$tmp/err"; }
}

check 'a jump into a buffer of Lua' "$(
    run 'local ffi = require("ffi")
local code = ffi.new("char[64]")
ffi.cast("void (*)(void)", code + 4)()'
    expect 139 'crashes at an address that lies 4 bytes into char \[64\] of 64 bytes, created at crash.lua:2$'
)"

check 'a jump into memory of C' "$(
    run 'local ffi = require("ffi")
ffi.cdef "void *malloc(size_t);"
local code = ffi.cast("char *", ffi.C.malloc(100))
ffi.cast("void (*)(void)", code)()'
    expect 139 'crashes at an address that lies 0 bytes into C memory of 100 bytes, created at crash.lua:3$'
)"

check 'an address that nobody knows' "$(
    run 'local ffi = require("ffi")
io.stdout:write(ffi.string(ffi.cast("char *", 16)))'
    expect 139 ''
    ! grep crashes "$tmp/err"
)"

check 'a program that handles the fault' "$(
    run 'local ffi = require("ffi")
ffi.cdef [[ typedef void (*handler)(int); handler signal(int, handler); void _exit(int); ]]
ffi.C.signal(11, ffi.cast("handler", ffi.C._exit))
local code = ffi.new("char[64]")
ffi.cast("void (*)(void)", code)()'
    expect 11 ''
    ! grep crashes "$tmp/err"
)"

tap_end
