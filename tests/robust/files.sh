#!/bin/bash
# SPDX-License-Identifier: MIT
# Options that are garbage, and places that cannot be written: a clear message, and the program runs.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
article=$top/tests/e2e/article-module

# Without the command, as people do who set the environment themselves.
garbage() # NAME OPTIONS PATTERN: what is said on standard error; none: nothing
{
    local status reasons=''
    status=$(
        LD_PRELOAD=$library LUA_INIT="package.loadlib('$library', 'ffisan_luainit')()" FFISAN_OPTIONS=$2 \
            timeout 20 luajit -e 'for i = 1, 1000 do local t = { i } end print(42) os.exit(3)' \
            >"$tmp/out" 2>"$tmp/err"
        echo $?
    )
    [ "$status" = 3 ] || reasons+="exit status $status "
    [ "$(cat "$tmp/out")" = 42 ] || reasons+="output $(cat "$tmp/out") "
    [ "$(wc -l <"$tmp/err")" -le 1 ] && grep -qE -- "^ffisan: .*$3|^$3\$" <(cat "$tmp/err"; echo) ||
        reasons+="said $(head -c 300 "$tmp/err")"
    verdict "robust/options/$1" ${reasons:+"$reasons"}
}

long() { printf "%$1s" '' | tr ' ' x; }

garbage 'unknown' garbage "unknown option 'garbage'"
garbage 'only signs' '=====' 'unknown option'
garbage 'only colons' ':::::' ''
garbage 'no value' 'report' "'report' needs a value"
garbage 'bad value' 'gc=bogus' "'gc' takes"
garbage 'too large' 'frames=99999999999999999999' 'too large'
garbage 'too large in bytes' 'quarantine=99999999999999g' 'too large'
garbage 'negative' 'quarantine=-5' 'quarantine'
garbage 'very long' "$(long 100000)" 'unknown option'
garbage 'very long value' "report=$(long 5000)" 'longer than'
garbage 'conversions' '%s%n%s%n' 'unknown option'
garbage 'bytes' $'\x01\x02\xff=\x03' 'unknown option'
garbage 'many' "$(for ((i = 0; i < 3000; i++)); do printf gc=auto:; done)" ''
garbage 'a report nowhere' 'report=/nonexistent/dir/x:log=/nonexistent/y' ''

# The article's bug, with a place for reports that fails at run time.
lost() # NAME STATUS PATTERN COMMAND...: PATTERN must be on standard error
{
    local name=$1 expected=$2 pattern=$3 status reasons=''
    shift 3
    status=$(
        cd "$article" || exit
        (timeout --foreground 30 "$@" </dev/null >"$tmp/out" 2>"$tmp/err") 2>/dev/null
        echo $?
    )
    [ "$status" = "$expected" ] || reasons+="exit status $status "
    [ "$(tail -n 1 "$tmp/out")" = 'Hello world' ] || reasons+="output $(cat "$tmp/out") "
    [ -z "$pattern" ] || grep -qE "$pattern" "$tmp/err" || reasons+="said $(cat "$tmp/err")"
    verdict "robust/files/$name" ${reasons:+"$reasons"}
}

run=("$ffisan" run)
lost 'report on a full disk' 66 'cannot write to /dev/full' "${run[@]}" --report=/dev/full -- luajit bad.lua
lost 'log on a full disk goes to standard error' 66 '^SUMMARY' "${run[@]}" --log=/dev/full -- luajit bad.lua
mkdir "$tmp/gone"
printf 'os.execute("rm -r %s")\ndofile "bad.lua"\n' "$tmp/gone" >"$tmp/removes.lua"
lost 'folder removed by the program' 66 "cannot write to $tmp/gone/r.jsonl" \
    "${run[@]}" --report="$tmp/gone/r.jsonl" -- luajit "$tmp/removes.lua"
lost 'a file of the largest size allowed' 66 'cannot write to' \
    bash -c "ulimit -f 8; head -c 8192 /dev/zero >$tmp/large; exec \"\$@\"" - \
    "${run[@]}" --report="$tmp/large" -- luajit bad.lua
# What the command and the library tell each other fails, output through pipes does not.
# shellcheck disable=SC2016
no_files='{ (ulimit -f 0; exec "$@") 2>&1 >&4 | cat >&2; exit ${PIPESTATUS[0]}; } 4>&1 | cat; exit ${PIPESTATUS[0]}'
lost 'no file may be written at all' 66 SUMMARY bash -c "$no_files" - "${run[@]}" -- luajit bad.lua
lost 'no file may be written, nothing is found' 0 '' bash -c "$no_files" - "${run[@]}" -- luajit good.lua
lost 'standard error is a pipe that nobody reads' 66 '' \
    bash -c 'exec 2> >(exec 0<&-); sleep 0.2; exec "$@"' - "${run[@]}" -- luajit bad.lua
lost 'standard error is closed' 66 '' bash -c 'exec 2>&-; exec "$@"' - "${run[@]}" -- luajit bad.lua
lost 'standard input is closed' 66 SUMMARY bash -c 'exec 0<&-; exec "$@"' - "${run[@]}" -- luajit bad.lua
lost 'standard error is closed, and a file gets its number' 66 "" \
    "${run[@]}" --report="$tmp/reused.jsonl" -- luajit "$here/closes.lua" "$tmp/data"
reused=$(
    [ "$(cat "$tmp/data")" = 'one line of data' ] || head -3 "$tmp/data"
    grep -q '"kind":"use-after-collect"' "$tmp/reused.jsonl" || echo 'not in the record'
    grep -q 'not everything was watched: standard error has been closed' "$tmp/err" || cat "$tmp/err"
)
verdict 'robust/files/that file has what the program wrote' ${reused:+"$reused"}
if [ "$(id -u)" = 0 ]; then # only root can leave so much behind
    chmod 700 "$tmp"
    # The command, which may still write there, takes it over.
    lost 'the program becomes nobody' 66 SUMMARY \
        "${run[@]}" --report="$tmp/nobody-%p" -- luajit "$here/leaves.lua" setuid
    delivered=$(cat "$tmp"/nobody-[0-9]* 2>&1)
    [ "$(grep -c '"kind":"use-after-collect"' <<<"$delivered")" = 1 ] && ! grep -q 'cannot write' "$tmp/err" &&
        delivered=''
    verdict 'robust/files/the report of who becomes nobody' ${delivered:+"$delivered"}
    lost 'the program locks itself in' 0 'the ffisan command cannot be told' \
        "${run[@]}" -- luajit "$here/leaves.lua" chroot
fi
tap_end
