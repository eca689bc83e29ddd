#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx with ngx_lua and lua-resty-core, a master and a worker: the article's module is found in the
# worker, its fixed twin is not, and 10,000 requests run unchanged.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$here/server.bash"
n_requests=${FFISAN_TEST_REQUESTS:-10000}

if missing_command nginx ab perl luajit >"$tmp/missing"; then
    verdict 'nginx' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
chmod 755 "$tmp" # the worker runs as another user when we are root
mkdir "$tmp/lua" && cp "$top"/tests/e2e/article-module/mod*.lua "$here/nginx/"*.lua "$tmp/lua"

write_config() # PORT INTERPRET: nginx.conf in $tmp
{
    local switch=''
    [ "$2" = no ] || switch='jit.off()'
    sed -e "s#@TMP@#$tmp#g" -e "s#@PORT@#$1#g" -e "s#@SWITCH@#$switch#g" \
        "$here/nginx/nginx.conf" >"$tmp/nginx.conf"
}

start() # COMMAND...: nginx by way of COMMAND, in the background; waits until it answers
{
    rm -f "$tmp"/report-*.jsonl
    "$@" nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/error.log" \
        </dev/null >"$tmp/nginx.out" 2>"$tmp/nginx.err" &
    server=$!
    await_port "$port"
}

stop() # QUIT to the master, then its exit status (or that of the command around it)
{
    [ ! -s "$tmp/nginx.pid" ] || kill -QUIT "$(cat "$tmp/nginx.pid")"
    await_end "$server"
    status=$?
}

watch=("$ffisan" run "--report=$tmp/reports/report-%p.jsonl" --)
mkdir -m 1777 "$tmp/reports"

reports() { cat "$tmp"/reports/*.jsonl 2>/dev/null; }

check_bad() # NAME INTERPRET
{
    local reasons body master
    port=$(free_port)
    write_config "$port" "$2"
    rm -f "$tmp"/reports/*
    start "${watch[@]}"
    body=$(for _ in 1 2 3; do get "$port" /bad; done)
    master=$(cat "$tmp/nginx.pid")
    stop
    reports >"$tmp/bad.jsonl"
    sed -e 's/^block_line=.*/block_line=193|199/' "$top/tests/e2e/article-module/expect" >"$tmp/expect"
    reasons=$(
        findings_reason "$tmp/expect" "$tmp/bad.jsonl"
        [ "$status" = 66 ] || echo "exit status: expected 66, got $status"
        [ "$body" = "$(printf 'Hello world\n%.0s' 1 2 3)" ] || echo "answers: $body"
        grep -q '^SUMMARY: ' "$tmp/nginx.err" "$tmp/error.log" || echo 'no readable report'
        ! grep -q "\"pid\":$master," "$tmp/bad.jsonl" || echo 'found in the master'
    )
    verdict "nginx/$1" ${reasons:+"$reasons"}
}

# Answers and exit status with 10,000 requests to a handler with work to do.
serve() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    port=$(free_port)
    write_config "$port" no
    rm -f "$tmp"/reports/*
    start "$@"
    { get "$port" /good; get "$port" /work?n=30; get "$port" /resty; } >"$prefix.out"
    ab -q -k -c 8 -n "$n_requests" "http://127.0.0.1:$port/work?n=20" >"$prefix.ab" 2>&1
    grep -E '^(Complete|Failed|Non-2xx|HTML transferred)' "$prefix.ab" >>"$prefix.out"
    { get "$port" /work?n=30; get "$port" /resty; } >>"$prefix.out"
    stop
    echo "$status" >"$prefix.status"
    cp "$tmp/nginx.err" "$prefix.err"
}

check_clean()
{
    local reasons
    serve "$tmp/plain"
    serve "$tmp/watched" "${watch[@]}"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
        reports
        difference 'answers' "$tmp/plain.out" "$tmp/watched.out"
        difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
        grep -q "^Complete requests: *$n_requests$" "$tmp/watched.out" || cat "$tmp/watched.ab"
    )
    verdict "nginx/$n_requests requests" ${reasons:+"$reasons"}
}

check_bad 'article in a worker, compiled' no
check_bad 'article in a worker, interpreted' yes
check_clean
tap_end
