#!/bin/bash
# SPDX-License-Identifier: MIT
# Knot Resolver answers a few hundred queries on a loopback port, with Lua in every one of them.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
. "$here/server.bash"

if missing_command kresd perl >"$tmp/missing"; then
    verdict 'kresd' "$(cat "$tmp/missing")"
    tap_end
    exit
fi

queries() # PORT: the answers, without what differs from query to query (the id), one per line
{
    perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift, Proto => "udp")
            or die "no socket\n";
        my @names = map { $_ % 3 ? "n$_.example.test" : "host.zone7.net" } 1 .. 150;
        for my $name (@names, "denied.test", "www.denied.test") {
            my $question = join "", map { chr(length) . $_ } split /\./, $name;
            my $rin = "";
            vec($rin, fileno $s, 1) = 1;
            $s->send(pack("n6", 4711, 0x0100, 1, 0, 0, 0) . $question . "\0" . pack("n2", 1, 1));
            my $answer = "";
            $s->recv($answer, 4096) if select($rin, undef, undef, 10);
            my ($id, $flags, @counts) = unpack "n6", $answer;
            print join(" ", $name, $flags & 15, @counts[0 .. 2], unpack("H*", substr $answer, -4)), "\n";
        }' "$1" 2>&1
}

serve() # PREFIX COMMAND...
{
    local prefix=$1
    shift
    port=$(free_port)
    rm -rf "$tmp/run" "$tmp/cache" "$tmp/stop"
    mkdir "$tmp/run"
    sed -e "s#@TMP@#$tmp#g" -e "s#@PORT@#$port#g" "$here/kresd/kresd.conf" >"$tmp/kresd.conf"
    "$@" kresd -n -q -c "$tmp/kresd.conf" "$tmp/run" </dev/null >"$prefix.out" 2>"$prefix.err" &
    server=$!
    await_port "$port"
    queries "$port" >"$prefix.answers"
    sleep 0.3 # its timer has work to do
    : >"$tmp/stop"
    await_end "$server"
    echo $? >"$prefix.status"
}

serve "$tmp/plain"
serve "$tmp/watched" "$ffisan" run --report="$tmp/report.jsonl" --
reasons=$(
    difference 'exit status' "$tmp/plain.status" "$tmp/watched.status"
    [ ! -s "$tmp/report.jsonl" ] || cat "$tmp/report.jsonl"
    difference 'answers' "$tmp/plain.answers" "$tmp/watched.answers"
    difference 'standard output' "$tmp/plain.out" "$tmp/watched.out"
    difference 'standard error' "$tmp/plain.err" "$tmp/watched.err"
    [ "$(grep -c '^host.zone7.net 0 1 1 0 c0000207$' "$tmp/plain.answers")" = 50 ] || head -3 "$tmp/plain.answers"
    grep -q '^queries' "$tmp/plain.out" || { echo 'kresd did not run:'; head -5 "$tmp/plain.err"; }
)
verdict 'kresd/queries' ${reasons:+"$reasons"}
tap_end
