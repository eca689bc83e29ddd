# SPDX-License-Identifier: MIT
# The sections of bench/run.sh: each prints lines of words, which bench/render.bash makes tables of.
# Sourced with $here, $top, $ffisan, $luajit, $compare, $rounds, $seconds, $hook and $tmp set.
# shellcheck shell=bash disable=SC2154

compared() # COMMANDS...: as compare has it, with the options of this run
{
    "$compare" -n "$rounds" -t "$seconds" "$@"
}

# PROGRAM GROUP, then for plain, natural and auto: CPU (us, minimum), ratio of CPU, ratio of wall
# time, peak of memory (KiB).
measure_programs()
{
    local program name group
    for program in "$here"/programs/*.lua; do
        name=$(basename "$program" .lua)
        group=$(sed -n 's/^-- group: //p' "$program")
        echo "  $name" >&2
        compared plain "$luajit" "$program" \
            + natural "$ffisan" run --gc=natural -- "$luajit" "$program" \
            + auto "$ffisan" run --gc=auto -- "$luajit" "$program" |
            awk -v name="$name" -v group="$group" '
                $2 != 0 { print "  " name ": " $1 " ended with status " $2 >"/dev/stderr" }
                { line = line " " $4 " " $9 " " $10 " " $8 }
                END { print name, group line }'
    done
}

# Programs in which C allocates much, also under other tools.
# PROGRAM, then for plain, natural, auto, ASan and valgrind: CPU (us, minimum), ratio of CPU; 0 0 when
# the tool is not there.
measure_malloc()
{
    local program name asan grind=(env false) under_asan=(env false)
    asan=$(find /usr/lib /usr/local/lib -name 'libasan.so.[0-9]' 2>/dev/null | sort | tail -n 1)
    [ -z "$asan" ] || under_asan=(env LD_PRELOAD="$asan" ASAN_OPTIONS=detect_leaks=0)
    ! command -v valgrind >/dev/null || grind=(valgrind -q)
    for program in "$here"/malloc/*.lua; do
        name=$(basename "$program" .lua)
        echo "  $name" >&2
        compared plain "$luajit" "$program" \
            + natural "$ffisan" run --gc=natural -- "$luajit" "$program" \
            + auto "$ffisan" run --gc=auto -- "$luajit" "$program" \
            + ledger "$ffisan" run --gc=natural --malloc=ledger -- "$luajit" "$program" \
            + asan "${under_asan[@]}" "$luajit" "$program" >"$tmp/malloc"
        "$compare" -n 1 -t "$seconds" plain "$luajit" "$program" \
            + valgrind "${grind[@]}" "$luajit" "$program" | tail -n 1 >>"$tmp/malloc"
        awk -v name="$name" '
                { line = line ($2 == 0 ? " " $4 " " $9 : " 0 0") }
                END { print name line }' "$tmp/malloc"
    done
}

# KIND CPU-PLAIN CPU-NATURAL CPU-AUTO WALL-PLAIN WALL-NATURAL WALL-AUTO, minima in microseconds.
measure_startup()
{
    local hello="$tmp/hello.lua"
    echo 'print("hello world")' >"$hello"
    "$compare" -n 200 -t "$seconds" plain "$luajit" "$hello" \
        + natural "$ffisan" run --gc=natural -- "$luajit" "$hello" \
        + auto "$ffisan" run --gc=auto -- "$luajit" "$hello" >"$tmp/hello"
    awk '{ cpu = cpu " " $4; wall = wall " " $6 } END { print "hello" cpu wall }' "$tmp/hello"
    awk '{ cpu = cpu " " $5; wall = wall " " $7 } END { print "median" cpu wall }' "$tmp/hello"
}

# Processes without LuaJIT: NAME CPU-PLAIN CPU-PRELOADED WALL-PLAIN WALL-PRELOADED, minima.
measure_bystanders()
{
    local library name
    library=$(dirname "$ffisan")/libffisan.so
    [ -e "$library" ] || library=$(dirname "$ffisan")/../lib/ffisan/libffisan.so
    while read -r name command; do
        # shellcheck disable=SC2086
        "$compare" -n 300 -t "$seconds" plain env LD_PRELOAD= $command \
            + preloaded env LD_PRELOAD="$library" $command |
            awk -v name="$name" '{ cpu = cpu " " $4; wall = wall " " $6 } END { print name cpu wall }'
    done <<'END'
true /bin/true
sh sh -c :
perl perl -e 1
END
}

# LIVE DEAD AUDITS WORDS MICROSECONDS
measure_audit()
{
    local live dead cycles
    while read -r live dead cycles; do
        for _ in 1 2 3 4 5; do
            "$ffisan" run --gc=natural --stats -- "$luajit" "$here/audit.lua" "$live" "$dead" "$cycles" 2>&1 |
                sed -nE 's/.*stats: audits ([0-9]+), .* words ([0-9]+), microseconds ([0-9]+).*/\1 \2 \3/p'
        done | sort -n -k 3 | sed -n "1s/^/$live $dead /p"
    done <<'END'
100 0 100
10000 0 100
100000 0 100
400000 0 50
100 10000 100
100 100000 100
100 400000 50
END
}

# ---- nginx -----------------------------------------------------------------------------------------
declare -A masters=() ports=()

end_servers()
{
    local name
    for name in "${!masters[@]}"; do
        [ ! -s "$tmp/$name/nginx.pid" ] || kill -QUIT "$(cat "$tmp/$name/nginx.pid")" 2>/dev/null
    done
    for name in "${!masters[@]}"; do
        wait "${masters[$name]}" 2>/dev/null
    done
    masters=()
}

start_nginx() # NAME PORT COMMAND...: nginx by way of COMMAND
{
    local name=$1 port=$2
    shift 2
    mkdir -p "$tmp/$name"
    sed -e "s#@TMP@#$tmp/$name#g" -e "s#@PORT@#$port#g" -e "s#@LUA@#$top/tests/hosts/nginx#g" \
        "$here/nginx.conf" >"$tmp/$name/nginx.conf"
    "$@" nginx -p "$tmp/$name" -c "$tmp/$name/nginx.conf" -e "$tmp/$name/error.log" \
        </dev/null >"$tmp/$name/out" 2>&1 &
    masters[$name]=$!
    ports[$name]=$port
    for _ in {1..100}; do
        (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        sleep 0.05
    done
    echo "  nginx does not answer: $(cat "$tmp/$name/error.log" "$tmp/$name/out")" >&2
    return 1
}

worker_time() # NAME: CPU time of the worker so far, in nanoseconds
{
    local master worker
    master=$(cat "$tmp/$1/nginx.pid")
    worker=$(awk '{ print $1 }' "/proc/$master/task/$master/children")
    cut -d ' ' -f 1 "/proc/$worker/schedstat"
}

# One line per round, of plain, natural and auto: requests per second of each, then nanoseconds of CPU
# time of the worker per request. The worker has the first processor, wrk the last: the worker is what
# limits the rate. The three take turns within the second or so that a machine keeps its pace.
measure_nginx_rounds() # PATH ROUNDS
{
    local name before round order last=$(($(nproc) - 1))
    for round in $(seq "$2"); do
        order="plain natural auto"
        ((round % 2)) || order="auto natural plain"
        for name in $order; do
            before=$(worker_time "$name")
            taskset -c $last wrk -t 1 -c 8 -d 1s "http://127.0.0.1:${ports[$name]}$1" >"$tmp/wrk" 2>&1
            awk -v name="$name" -v time="$(($(worker_time "$name") - before))" '
                / requests in / { count = $1 }
                /^Requests\/sec/ { rate = $2 }
                /Non-2xx|Socket errors/ { print "  " $0 >"/dev/stderr" }
                END { if (count) print name, rate, time / count }' "$tmp/wrk"
        done | awk '{ rate[$1] = $2; cost[$1] = $3 }
            END { print rate["plain"], rate["natural"], rate["auto"], cost["plain"], cost["natural"], cost["auto"] }'
    done
}

# PATH, then requests per second for plain, natural and auto (medians), the median of the ratios of each
# round for natural and auto, and microseconds of CPU time of the worker per request (least) for each.
measure_nginx()
{
    local port path column
    if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
        echo '  nginx or wrk is missing: skipped' >&2
        return 1
    fi
    port=$((20000 + RANDOM % 20000))
    start_nginx plain $port || return
    start_nginx natural $((port + 1)) "$ffisan" run --gc=natural -- || return
    start_nginx auto $((port + 2)) "$ffisan" run --gc=auto -- || return
    for path in /hello '/work?n=20'; do
        measure_nginx_rounds "$path" 1 >/dev/null # warms up, and lets --gc=auto calm down
        measure_nginx_rounds "$path" $((2 * rounds + 1)) |
            awk '{ print $0, $2 / $1, $3 / $1 }' >"$tmp/rounds"
        printf '%s' "$path"
        for column in 1 2 3 7 8; do
            printf ' %s' "$(sort -g -k $column,$column "$tmp/rounds" | awk -v c=$column '
                { value[NR] = $c } END { print value[int((NR + 1) / 2)] }')"
        done
        for column in 4 5 6; do
            printf ' %.2f' "$(sort -g -k $column,$column "$tmp/rounds" | awk -v c=$column '
                NR == 1 { print $c / 1000 }')"
        done
        echo
    done
    end_servers
}

# ---- The article's program -----------------------------------------------------------------------------
verdict_of() # ERRORS-FILE: what the reports on standard error say, in a word
{
    if grep -q '^SUMMARY: use-after-collect' "$1"; then
        echo found
    elif grep -q 'Invalid write' "$1"; then
        echo invalid-write
    elif grep -q 'Process terminating' "$1"; then
        echo crash
    else
        echo nothing
    fi
}

recipe() # HOST NAME COMMAND...: HOST NAME WALL-MIN WALL-MEDIAN CPU-MIN VERDICT
{
    local host=$1 name=$2
    shift 2
    "$compare" -n "$rounds" -t "$seconds" -e "$tmp/errors" "$name" "$@" >"$tmp/recipe"
    awk -v host="$host" -v verdict="$(verdict_of "$tmp/errors")" \
        '{ print host, $1, $6, $7, $4, verdict }' "$tmp/recipe"
}

measure_article()
{
    local run="local m = require 'mod'; print(m.run())" valgrind=(valgrind)
    cd "$top/examples/article" || return
    recipe luajit plain "$luajit" main.lua
    recipe luajit ffisan "$ffisan" run -- "$luajit" main.lua
    if command -v valgrind >/dev/null; then
        recipe luajit valgrind valgrind "$luajit" main.lua
        recipe luajit valgrind-per-line valgrind "$luajit" -joff -e "$hook" main.lua
        [ -z "$sysmalloc" ] ||
            recipe luajit rebuilt-per-line valgrind "$sysmalloc/luajit" -joff -e "$hook" main.lua
    else
        valgrind=()
    fi
    if "$ffisan" resty -e 'print(1)' >/dev/null 2>&1; then
        recipe nginx ffisan "$ffisan" resty -I ./ -e "$run"
        if [ ${#valgrind[@]} != 0 ]; then
            recipe nginx valgrind "$ffisan" resty --valgrind -I ./ -e "$run"
            recipe nginx valgrind-per-line "$ffisan" resty --valgrind -I ./ \
                -e "$hook; jit.off(); require 'resty.core' $run"
        fi
        if [ -n "$sysmalloc" ] && [ ${#valgrind[@]} != 0 ]; then
            mkdir -p "$tmp/lib"
            ln -sf "$sysmalloc/libluajit.so" "$tmp/lib/libluajit-5.1.so.2"
            LD_LIBRARY_PATH=$tmp/lib recipe nginx rebuilt-per-line "$ffisan" resty --valgrind -I ./ \
                -e "$hook; jit.off(); require 'resty.core' $run"
        fi
    fi
    cd "$top" || return
}
