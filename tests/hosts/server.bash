# SPDX-License-Identifier: MIT
# Servers on loopback ports, for tests.  Whatever was started as $server is ended with the script.
# Sourced after tap.bash.
# shellcheck shell=bash

server=
: "${tmp:?}"

free_port()
{
    perl -MIO::Socket::INET -e \
        'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

await_port() # PORT: until something listens there, or $server has ended; 15 seconds at most
{
    for ((i = 0; i < 300; i++)); do
        (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        kill -0 "$server" 2>/dev/null || return
        sleep 0.05
    done
}

get() # PORT PATH: the body of the answer
{
    perl -MIO::Socket::INET -e '
        my ($port, $path) = @ARGV;
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port, Timeout => 10)
            or die "nothing listens on port $port\n";
        alarm 20;
        print $s "GET $path HTTP/1.0\r\nHost: localhost\r\n\r\n";
        my $answer = do { local $/; <$s> };
        my ($head, $body) = split /\r\n\r\n/, $answer // "", 2;
        print $body // "no answer";' "$1" "$2" 2>&1
}

await_end() # PID: its exit status; it is killed after 15 seconds
{
    for ((i = 0; i < 300; i++)); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

end_server()
{
    [ -z "$server" ] || kill -0 "$server" 2>/dev/null || server=
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null
    if [ -s "$tmp/nginx.pid" ]; then
        kill -TERM "$(cat "$tmp/nginx.pid")" 2>/dev/null
    fi
    rm -rf "$tmp"
}
trap end_server EXIT
