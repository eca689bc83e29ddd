#!/bin/bash
# SPDX-License-Identifier: MIT
# Bugs of modules for nginx: in each phase, in timers, light threads, cosockets, balancers, with
# memory of the collector, of libraries and of nginx.  A line that ends in `-- bad` is in the bug
# only, one in `-- good` in its fix only.  The report must name the lines `dies` and `uses`; the
# fixed ones answer as without ffisan, and nothing is reported.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$here/server.bash"

if missing_command nginx perl >"$tmp/missing"; then
    verdict 'nginx-bugs' "$(cat "$tmp/missing")"
    tap_end
    exit
fi
chmod 755 "$tmp" # the worker runs as another user when we are root
mkdir "$tmp/lua"
mkdir -m 1777 "$tmp/reports"
bugs=$here/nginx/bugs
mapfile -t programs < <(cd "$bugs" && printf '%s\n' *.lua | sed 's/\.lua$//')

serve() # PREFIX LEFT-OUT MASTER COMMAND...: 40 rounds of requests for all programs
{
    local prefix=$1 left_out=$2 master=$3 name
    shift 3
    for name in "${programs[@]}"; do
        sed "s/.*-- $left_out\\b.*//" "$bugs/$name.lua" >"$tmp/lua/$name.lua"
    done
    port=$(free_port)
    sed -e "s#@TMP@#$tmp#g" -e "s#@PORT@#$port#g" -e "s#@MASTER@#$master#g" "$here/nginx/bugs.conf" >"$tmp/nginx.conf"
    rm -f "$tmp"/reports/*
    "$@" nginx -p "$tmp" -c "$tmp/nginx.conf" -e "$tmp/error.log" </dev/null >"$prefix.nginx" 2>"$prefix.err" &
    server=$!
    await_port "$port"
    perl -MIO::Socket::INET -e '
        my ($port, @names) = @ARGV;
        alarm 60;
        for my $round (1 .. 40) {
            for my $name (@names) {
                my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "no server\n";
                print $s "GET /$name?id=$round&s=$round&u=$round HTTP/1.0\r\nHost: localhost\r\n\r\n";
                my $answer = do { local $/; <$s> } // "";
                my ($head, $body) = split /\r\n\r\n/, $answer, 2;
                print "$name ", substr($head // "none", 9, 3), " ", $body // "", "\n";
            }
        }' "$port" "${programs[@]}" >"$prefix.answers" 2>&1
    [ ! -s "$tmp/nginx.pid" ] || kill -QUIT "$(cat "$tmp/nginx.pid")"
    await_end "$server"
    echo $? >"$prefix.status"
    cat "$tmp"/reports/*.jsonl >"$prefix.jsonl" 2>/dev/null
}

line_of() # PROGRAM MARK: its number, or `[0-9]+` when the program has none (memory of nginx)
{
    local line
    line=$(grep -nE -- "-- (bad: )?$2\$" "$bugs/$1.lua" | cut -d: -f1)
    echo "${line:-[0-9]+}"
}

found() # PROGRAM: the record that names its lines; else a reason
{
    local at="/$1\\.lua\",\"line\":" use='' block=''
    grep -q -- '-- uses$' "$bugs/$1.lua" && use="\"use\":\\{.*$at$(line_of "$1" uses)[,}].*"
    grep -qE -- '-- (bad: )?dies$' "$bugs/$1.lua" && block="\"block\":\\{.*$at$(line_of "$1" dies)[,}]"
    grep -qE -- "$use$block" "$tmp/bad.jsonl" && return
    echo "no record with $use$block"
    grep -oE "\"kind\":\"[a-z-]*\"|${at}[0-9]+" <(grep "/$1\\.lua" "$tmp/bad.jsonl")
}

options=("$ffisan" run "--report=$tmp/reports/%p.jsonl" --)
serve "$tmp/bad" good on "${options[@]}"
for name in "${programs[@]}"; do
    reasons=$(found "$name")
    verdict "nginx-bugs/$name" ${reasons:+"$reasons"}
done

serve "$tmp/plain" bad on
for master in on off; do
    serve "$tmp/good" bad $master "${options[@]}"
    reasons=$(
        difference 'exit status' "$tmp/plain.status" "$tmp/good.status"
        difference 'answers' "$tmp/plain.answers" "$tmp/good.answers"
        difference 'standard error' "$tmp/plain.err" "$tmp/good.err"
        cat "$tmp/good.jsonl"
        [ "$(grep -c ' 200 ' "$tmp/plain.answers")" = $((40 * ${#programs[@]})) ] || grep -v ' 200 ' "$tmp/plain.answers" | head -3
    )
    verdict "nginx-bugs/fixed, master_process $master" ${reasons:+"$reasons"}
done
tap_end
