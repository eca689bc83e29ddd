#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan run` stands between a program and whoever sends signals.
. "$(dirname "$0")/cli.bash"

cat >"$tmp/trap.sh" <<'EOF'
trap 'echo usr1' USR1
trap 'echo term; exit 4' TERM
trap 'echo hup; exit 5' HUP
echo ready
while :; do sleep 0.02; done
EOF

wait_for() # TEXT: in $tmp/sout; at most five seconds
{
    local i
    for ((i = 0; i < 250; i++)); do
        grep -q "$1" "$tmp/sout" 2>/dev/null && return
        sleep 0.02
    done
}

send() # NAME STATUS OUTPUT SIGNAL...: one after the other, each when the last has arrived
{
    local name=$1 status=$2 output=$3 pid got reasons signal
    shift 3
    : >"$tmp/sout"
    "$ffisan" run -- sh "$tmp/trap.sh" >"$tmp/sout" 2>/dev/null &
    pid=$!
    wait_for ready
    for signal; do
        kill -"$signal" $pid
        wait_for "$(echo "$signal" | tr '[:upper:]' '[:lower:]')"
    done
    wait $pid
    got=$?
    reasons=$(
        [ $got = "$status" ] || echo "exit status: expected $status, got $got"
        [ "$(tr '\n' ' ' <"$tmp/sout")" = "$output" ] || cat "$tmp/sout"
    )
    verdict "$name" ${reasons:+"$reasons"}
}

send 'TERM is passed on' 4 'ready term ' TERM
send 'HUP is passed on' 5 'ready hup ' HUP
send 'USR1 is passed on and the run goes on' 4 'ready usr1 usr1 term ' USR1 USR1 TERM

# A program that kills its whole group must not get the signal a second time.
cat >"$tmp/group.sh" <<'EOF'
trap 'echo usr1' USR1
kill -USR1 0
sleep 0.2
EOF
setsid -w "$ffisan" run -- sh "$tmp/group.sh" >"$tmp/sout" 2>/dev/null
[ "$(cat "$tmp/sout")" = usr1 ]
verdict "the program's own signal is not sent back to it" ${?#0}

# SIGCHLD ignored by whoever started us.
check 'SIGCHLD ignored at the start' 3 '' '' bash -c "trap '' CHLD; exec '$ffisan' run -- luajit -e 'os.exit(3)'"
check 'a signal ignored at the start stays ignored' 0 '^alive$' '*' \
    bash -c "trap '' HUP; exec '$ffisan' run -- sh -c 'kill -HUP \$\$; echo alive'"
check 'standard error that is closed early' 141 '*' '*' \
    bash -c "'$ffisan' run -- sh -c 'kill -PIPE \$\$' 2>&1 | true; exit \${PIPESTATUS[0]}"
tap_end
