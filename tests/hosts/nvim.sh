#!/bin/bash
# SPDX-License-Identifier: MIT
# Neovim without a screen: its own LuaJIT, its API, the FFI and timers of libuv, run unchanged.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"

if missing_command nvim >"$tmp/missing"; then
    verdict 'nvim' "$(cat "$tmp/missing")"
    tap_end
    exit
fi

run() # PREFIX COMMAND... -- NVIM-ARGUMENT...
{
    local prefix=$1 command=()
    shift
    while [ "$1" != , ]; do
        command+=("$1")
        shift
    done
    shift
    (
        cd "$here/nvim" && HOME=$tmp XDG_STATE_HOME=$tmp XDG_DATA_HOME=$tmp timeout --foreground -k 5 60 \
            "${command[@]}" nvim --headless -u NONE -i NONE -n "$@" </dev/null >"$prefix.out" 2>"$prefix.err"
    ) 2>/dev/null
    echo $? >"$prefix.status"
}

check() # NAME STATUS NVIM-ARGUMENT...
{
    local name=$1 status=$2 reasons
    shift 2
    rm -f "$tmp/report.jsonl"
    run "$tmp/plain" , "$@"
    run "$tmp/watched" "$ffisan" run --report="$tmp/report.jsonl" -- , "$@"
    reasons=$(
        [ "$(cat "$tmp/plain.status")" = "$status" ] || echo "without ffisan: status $(cat "$tmp/plain.status")"
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
        difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
        [ -s "$tmp/plain.err" ] || echo 'the script printed nothing'
    )
    verdict "nvim/$name" ${reasons:+"$reasons"}
}

check 'edits a buffer' 0 -c 'luafile edit.lua' -c 'qa!'
check 'leaves with a status' 3 -c 'luafile edit.lua' -c 'cquit 3'
check 'Lua by --cmd' 0 --cmd 'lua print(vim.inspect({1, {2, 3}, name = "x"}))' -c 'qa!'
tap_end
