#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx is reloaded while it serves, and its workers crash: the master notices what it would have
# noticed, starts new workers, and the answers are the same.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$top/tests/hosts/server.bash"

if missing_command nginx perl >"$tmp/missing"; then
    verdict 'robust/nginx' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
chmod 755 "$tmp" # the workers run as another user when we are root
mkdir "$tmp/lua" && cp "$top/tests/hosts/nginx/"*.lua "$tmp/lua"

write_config() # PORT
{
    sed -e "s#@TMP@#$tmp#g" -e "s#@PORT@#$1#g" -e 's#@SWITCH@##g' \
        -e 's#^worker_processes.*#worker_processes 2;#' \
        -e "s#location = /bad {#location = /crash {\n            content_by_lua_block { require('ffi').cast('int *', 8)[0] = 1 }\n        }\n        &#" \
        "$top/tests/hosts/nginx/nginx.conf" >"$tmp/nginx.conf"
}

crashes() { grep -c 'exited on signal 11' "$tmp/error.log"; }

await_crashes() # NUMBER
{
    for ((i = 0; i < 100; i++)); do
        [ "$(crashes)" -ge "$1" ] && break
        sleep 0.05
    done
}

serve() # PREFIX COMMAND...
{
    local prefix=$1 n=0
    shift
    port=$(free_port)
    write_config "$port"
    rm -f "$tmp/error.log"
    "$@" nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/error.log" </dev/null >"$tmp/nginx.out" 2>"$prefix.err" &
    server=$!
    await_port "$port"
    {
        for round in 1 2 3 4; do
            get "$port" '/work?n=20'
            kill -HUP "$(cat "$tmp/nginx.pid")"
            for _ in 1 2 3 4 5 6; do get "$port" '/work?n=10'; done
            n=$((n + 1))
            echo "crash $round: $(get "$port" /crash)"
            await_crashes $n
            get "$port" /resty
        done
    } >"$prefix.out"
    kill -QUIT "$(cat "$tmp/nginx.pid")"
    await_end "$server"
    echo "status $?, $(crashes) crashes" >"$prefix.status"
}

serve "$tmp/plain"
serve "$tmp/watched" "$ffisan" run --report="$tmp/report-%p.jsonl" --
reasons=$(
    difference 'end' "$tmp/plain.status" "$tmp/watched.status"
    difference 'answers' "$tmp/plain.out" "$tmp/watched.out"
    difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    cat "$tmp"/report-*.jsonl 2>/dev/null
    [ "$(cat "$tmp/plain.status")" = 'status 0, 4 crashes' ] || cat "$tmp/plain.status" "$tmp/plain.out"
)
verdict 'robust/nginx reloaded, with crashes' ${reasons:+"$reasons"}
tap_end
