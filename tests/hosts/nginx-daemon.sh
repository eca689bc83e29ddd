#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx becomes a daemon: `ffisan run` ends long before the first request, and says where findings
# will be. Workers, which are another user when we are root, are found there, also in a report file
# that they may not open, when the run ends with them.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$here/server.bash"

if missing_command nginx perl >"$tmp/missing"; then
    verdict 'nginx-daemon' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
chmod 755 "$tmp"
mkdir "$tmp/lua" "$tmp/folders" && cp "$top"/tests/e2e/article-module/mod*.lua "$here/nginx/"*.lua "$tmp/lua"
chmod 1777 "$tmp/folders"
mkdir -m 700 "$tmp/private"

write_config() # PORT DAEMON
{
    sed -e "s#@TMP@#$tmp#g" -e "s#@PORT@#$1#g" -e 's#@SWITCH@##g' -e "s#daemon off#daemon $2#" \
        -e 's#^worker_processes.*#worker_processes 2;#' "$here/nginx/nginx.conf" >"$tmp/nginx.conf"
}

run() # OPTION...
{
    TMPDIR=$tmp/folders "$ffisan" run "$@" -- nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/error.log" \
        </dev/null >"$tmp/run.out" 2>"$tmp/run.err"
}

check_daemon()
{
    local reasons folder
    port=$(free_port)
    write_config "$port" on
    reasons=$(
        run || echo "exit status $?"
        await_port "$port"
        folder=$(find "$tmp/folders" -mindepth 1 -maxdepth 1)
        [ "$(cat "$tmp/run.err")" = "ffisan: 'nginx' left processes running, and what is found there is kept: ffisan show $folder" ] ||
            cat "$tmp/run.err"
        "$ffisan" show "$folder" >"$tmp/before.out" 2>"$tmp/before.err" || echo "show: $?"
        grep -qE '^ffisan: [1-3] watched process(es)? of this run lives? on$' "$tmp/before.err" && [ ! -s "$tmp/before.out" ] || cat "$tmp/before".*
        for _ in 1 2 3 4; do [ "$(get "$port" /bad)" = 'Hello world' ] || echo 'another answer'; done
        master=$(cat "$tmp/nginx.pid")
        kill -QUIT "$master"
        for ((i = 0; i < 300; i++)); do kill -0 "$master" 2>/dev/null && sleep 0.05; done
        "$ffisan" show "$folder" >"$tmp/after.out" 2>"$tmp/after.err" || echo "show: $?"
        grep -q '^SUMMARY: use-after-collect.*mod.lua:28' "$tmp/after.out" || cat "$tmp/after.out"
        [ "$(grep -c '^SUMMARY' "$tmp/after.out")" = 1 ] || echo 'shown more than once'
        grep -qE '^ffisan: (1 error in 1 process|2 errors \(1 different\) in 2 processes)$' "$tmp/after.err" ||
            cat "$tmp/after.err"
        ! grep -q 'of this run' "$tmp/after.err" || echo 'thought to be alive'
    )
    rm -rf "$tmp/folders"/*
    verdict 'nginx-daemon/findings of a daemon' ${reasons:+"$reasons"}
}

check_private()
{
    local reasons
    port=$(free_port)
    write_config "$port" off
    run --report="$tmp/private/found.jsonl" &
    server=$!
    await_port "$port"
    for _ in 1 2 3 4; do get "$port" /bad; done >"$tmp/answers"
    kill -QUIT "$(cat "$tmp/nginx.pid")"
    await_end "$server"
    reasons=$(
        [ $? = 66 ] || echo 'another exit status'
        grep -qE '^ffisan: [12] error' "$tmp/run.err" && [ "$(wc -l <"$tmp/run.err")" = 1 ] || cat "$tmp/run.err"
        grep -q '"kind":"use-after-collect"' "$tmp/private/found.jsonl" || echo 'not in the report'
        ls "$tmp/folders"
    )
    verdict 'nginx-daemon/a report that workers may not open' ${reasons:+"$reasons"}
}

check_daemon
check_private
tap_end
