#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan resty`: code inside a real nginx with ngx_lua, as the article runs its example.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
article=$top/tests/e2e/article-module

if missing_command nginx luajit >"$tmp/missing"; then
    verdict 'resty' "$(cat "$tmp/missing")"
    tap_end
    exit
fi

resty() # ARGUMENT...: leaves $tmp/out, err, status, report.jsonl
{
    rm -f "$tmp/report.jsonl"
    (
        cd "$article" && timeout --foreground -k 5 60 \
            "$ffisan" resty --report="$tmp/report.jsonl" "$@" </dev/null
    ) >"$tmp/out" 2>"$tmp/err"
    echo $? >"$tmp/status"
}

check() # NAME STATUS OUTPUT-LAST-LINE: and a finding exactly when the status is 66
{
    local reasons
    reasons=$(
        [ "$(cat "$tmp/status")" = "$2" ] || echo "exit status: expected $2, got $(cat "$tmp/status")"
        [ "$(tail -n 1 "$tmp/out")" = "$3" ] || { echo 'standard output:'; cat "$tmp/out"; }
        if [ "$2" = 66 ]; then
            grep -v '^block_line=' "$article/expect" >"$tmp/expect"
            findings_reason "$tmp/expect" "$tmp/report.jsonl"
        elif [ -s "$tmp/report.jsonl" ]; then
            cat "$tmp/report.jsonl"
        fi
    )
    verdict "resty/$1" ${reasons:+"$reasons$(printf '\n'; head -n 8 "$tmp/err")"}
}

printf "require 'resty.core'\nlocal m = require 'mod'\nprint(m.run())\n" >"$tmp/bad.lua"
printf "require 'resty.core'\nlocal m = require 'mod_fixed'\nprint(m.run())\n" >"$tmp/good.lua"

resty -I . -e "require 'resty.core' local m = require 'mod'; print(m.run())"
check 'article by -e' 66 'Hello world'
resty -I . -e "jit.off(); require 'resty.core' local m = require 'mod'; print(m.run())"
check 'article by -e, interpreted' 66 'Hello world'
resty -I . "$tmp/bad.lua"
check 'article as a file' 66 'Hello world'
resty -I . "$tmp/good.lua"
check 'article fixed' 0 'Hello world'
resty -e 'print("leaving") os.exit(7)'
check 'exit status' 7 'leaving'
tap_end
