#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan run`: exit statuses, the summary, the environment of the program, bad input.
. "$(dirname "$0")/cli.bash"

error='{"ffisan":1,"id":"00000000000000a1","severity":"error","kind":"use-after-collect"}'
warning='{"ffisan":1,"id":"00000000000000a2","severity":"warning","kind":"dangling-pointer"}'
nl=$'\n'

# The program's own status, and silence.
check 'a clean run is silent' 0 '^1$' '' "$ffisan" run -- luajit -e 'print(1)'
check 'it works without --' 0 '^1$' '' "$ffisan" run luajit -e 'print(1)'
check 'the status of the program is kept' 3 '' '' "$ffisan" run -- luajit -e 'os.exit(3)'
check 'a signal is 128 + n' 137 '' 'no LuaJIT was watched' "$ffisan" run -- sh -c 'kill -9 $$'
echo 'print(table.concat(arg, " "))' >"$tmp/args.lua"
check "options behind the program are the program's" 0 '^--gc=no --help -- x$' '' \
    "$ffisan" run luajit "$tmp/args.lua" --gc=no --help -- x

# What was found.
check 'one error' 66 '^1$' '^ffisan: 1 error in 1 process \(exit status 66\)$' \
    env FAKE_RECORDS="$error$nl" "$ffisan" run -- luajit -e 'print(1)'
check 'the error wins over the status of the program' 66 '' '1 error' \
    env FAKE_RECORDS="$error$nl" "$ffisan" run -- luajit -e 'os.exit(3)'
check '--exit-code' 9 '' '^ffisan: 1 error in 1 process \(exit status 9\)$' \
    env FAKE_RECORDS="$error$nl" "$ffisan" run --exit-code=9 -- luajit -e ''
check '--exit-code 0' 0 '' '1 error' \
    env FAKE_RECORDS="$error$nl" "$ffisan" run --exit-code 0 -- luajit -e ''
check 'warnings leave the status alone' 3 '' '^ffisan: 1 warning in 1 process$' \
    env FAKE_RECORDS="$warning$nl" "$ffisan" run -- luajit -e 'os.exit(3)'
check 'errors and warnings' 66 '' '^ffisan: 1 error, 1 warning in 1 process \(exit status 66\)$' \
    env FAKE_RECORDS="$error$nl$warning$nl" "$ffisan" run -- luajit -e ''
check 'the same error in two processes' 66 '' \
    '^ffisan: 2 errors \(1 different\) in 2 processes \(exit status 66\)$' \
    env FAKE_RECORDS="$error$nl" "$ffisan" run -- sh -c 'luajit -e ""; luajit -e ""'
check 'errors that were counted and not recorded' 66 '' '5 errors in 1 process' \
    env FAKE_STATUS="errors=5$nl" "$ffisan" run -- luajit -e ''
check 'a record that breaks off is not counted' 66 '' '1 error in' \
    env FAKE_RECORDS="$error$nl${error:0:40}" "$ffisan" run -- luajit -e ''
check 'a record of which nothing was written is counted' 66 '' '1 error in' \
    env FAKE_RECORDS="${error:0:40}" "$ffisan" run -- luajit -e ''
check 'a status line that breaks off is not read' 0 '' '' \
    env FAKE_STATUS='errors=7' "$ffisan" run -- luajit -e ''
check 'records that are garbage' 0 '' '' \
    env FAKE_RECORDS="[1,2]$nl{}$nl\"error\"$nl" FAKE_STATUS="$nl=$nl=x$nl" \
    "$ffisan" run -- luajit -e ''
check 'what was not watched is said' 0 '' '^ffisan: not everything was watched: no memory$' \
    env FAKE_STATUS="degraded=no memory$nl" "$ffisan" run -- luajit -e ''
check 'notes need --stats' 0 '' '' env FAKE_STATUS="note=3 cycles$nl" "$ffisan" run luajit -e ''
check 'notes with --stats' 0 '' '^ffisan: 3 cycles$' \
    env FAKE_STATUS="note=3 cycles$nl" "$ffisan" run --stats luajit -e ''

# Nothing to watch.
check 'a program without LuaJIT' 4 '' \
    '^ffisan: no LuaJIT was watched in this run; to see why, try: ffisan doctor -- sh$' \
    "$ffisan" run -- sh -c 'exit 4'
check 'a LuaJIT that was not watched' 0 '' 'no LuaJIT was watched' \
    env FAKE_BLIND=1 "$ffisan" run -- luajit -e ''

# Who lives on: the folder of the run does, too, and `ffisan show` reads it.
left="^ffisan: 'sh' left processes running, and what is found there is kept: ffisan show"
check 'a daemon is not waited for, and its findings are kept' 5 '' "$left $TMPDIR/ffisan-[^ ]*"$'\n''0$' \
    sh -c '"$1" run -- sh -c "sleep 2 >/dev/null 2>&1 & exit 5"
        status=$?
        "$1" show "$TMPDIR"/ffisan-* 2>"$TMPDIR/shown"
        echo $? >&2
        grep -q "^ffisan: nothing has been found in 0 watched processes$" "$TMPDIR/shown" || exit 1
        rm -r "$TMPDIR"/*
        exit $status' - "$ffisan"
check 'a background process without LuaJIT beside a watched one is no daemon' 0 '^1$' '' \
    "$ffisan" run -- sh -c 'sleep 2 >/dev/null 2>&1 & luajit -e "print(1)"'

# What the program is started with.
check 'options are passed on' 0 "^gc=line:max_reports=3:halt=1:color=never$" '*' \
    "$ffisan" run --gc=line --max-reports 3 --halt -- sh -c 'echo "$FFISAN_OPTIONS"'
check 'inherited options come first' 0 '^stats=0:gc=line:color=never$' '*' \
    env FFISAN_OPTIONS=stats=0 "$ffisan" run --gc line -- sh -c 'echo "$FFISAN_OPTIONS"'
check 'a file name with a colon is quoted, and absolute' 0 "^report='$tmp/a:b':color=never$" '*' \
    sh -c 'cd "$1" && exec "$2" run --report=a:b -- sh -c "echo \$FFISAN_OPTIONS"' - "$tmp" "$ffisan"
check 'an older LD_PRELOAD stays' 0 "^$tmp/libffisan.so:/dev/null$" '*' \
    env LD_PRELOAD=/dev/null "$ffisan" run -- sh -c 'echo "$LD_PRELOAD"'
mkdir "$tmp/a b"
cp "$tmp/libffisan.so" "$tmp/a b/"
check 'a library in a path with a blank' 0 '^1$' '' \
    env FFISAN_LIBRARY="$tmp/a b/libffisan.so" "$ffisan" run -- luajit -e 'print(1)'
check '--preload-only sets no LUA_INIT' 0 '^nil$' 'no LuaJIT was watched' \
    "$ffisan" run --preload-only -- luajit -e 'print(os.getenv("LUA_INIT"))'
check 'standard input is the program'"'"'s' 0 '^in$' '' \
    sh -c 'echo "print [[in]]" | exec "$1" run -- luajit -' - "$ffisan"
ignored='grep -E "Sig(Ign|Blk)" /proc/self/status; ls /proc/self/fd | wc -l'
sh -c "$ignored" >"$tmp/plain" </dev/null
check 'signals and descriptors are as without ffisan' 0 "^$(cat "$tmp/plain")\$" '*' \
    "$ffisan" run -- sh -c "$ignored"

# LUA_INIT of the user.
check 'LUA_INIT of the user runs' 0 '^init.main$' '' \
    env LUA_INIT='print("init")' "$ffisan" run -- luajit -e 'print("main")'
check 'LUA_INIT that the library returns runs once' 0 '^init.main$' '' \
    env FAKE_RETURNS_INIT=1 LUA_INIT='print("init")' "$ffisan" run -- luajit -e 'print("main")'
for init in 'error("boom")' 'local x = nil + 1'; do
    LUA_INIT=$init luajit -e '' 2>&1 | sed 's/0x[0-9a-f]*//' >"$tmp/plain"
    env FAKE_RETURNS_INIT=1 FAKE_BLIND=1 LUA_INIT="$init" "$ffisan" run -- luajit -e '' 2>&1 |
        sed 's/0x[0-9a-f]*//; /^ffisan: /d' >"$tmp/watched"
    reasons=$(diff "$tmp/plain" "$tmp/watched")
    verdict "the traceback of a broken LUA_INIT is unchanged: $init" ${reasons:+"$reasons"}
done
echo 'print("from file")' >"$tmp/init.lua"
for kind in "print('text')=text" "@$tmp/init.lua=from file"; do
    check "LUA_INIT runs without the library's help: ${kind%%/*}" 0 "^${kind#*=}.main\$" \
        'no LuaJIT was watched' \
        env LUA_INIT="${kind%=*}" FFISAN_LIBRARY="$here/fake_runtime.c" \
        sh -c '"$1" run -- luajit -e "print([[main]])" 2>&1 | sed "/^ERROR: ld.so/d" >"$2/both"
               grep -v ^ffisan: "$2/both"; grep ^ffisan: "$2/both" >&2' - "$ffisan" "$tmp"
done
check 'an error in LUA_INIT ends the program' 1 '' 'LUA_INIT:1: boom' \
    env FAKE_BLIND=1 LUA_INIT='error("boom")' "$ffisan" run -- luajit -e 'print("main")'

# Bad input: said before anything is started.
check 'no program' 125 '' '^ffisan: no program given' "$ffisan" run
check 'a program that does not exist' 127 '' "^ffisan: cannot find the program 'nosuch'$" \
    "$ffisan" run -- nosuch
check 'a path that does not exist' 127 '' 'cannot find' "$ffisan" run -- ./nosuch
check 'a file that is no program' 126 '' 'Permission denied$' "$ffisan" run -- /etc/passwd
check 'a directory' 126 '' 'Is a directory$' "$ffisan" run -- /tmp
printf '#!/no/such/interpreter\n' >"$tmp/lost"
echo 'echo no shebang' >"$tmp/bare"
chmod +x "$tmp/lost" "$tmp/bare"
check 'an interpreter that does not exist' 127 '' 'interpreter is missing' "$ffisan" run "$tmp/lost"
check 'a script without an interpreter line' 0 '^no shebang$' '*' "$ffisan" run "$tmp/bare"
check 'an unknown option' 125 '' \
    "^ffisan: unknown option '--qarantine' \(did you mean '--quarantine'\?\)$" \
    "$ffisan" run --qarantine=3 luajit
check 'an option with a dash' 125 '' "did you mean '--max-reports'" "$ffisan" run --max-repots=3 luajit
check 'a value that is wrong' 125 '' "gc.*not 'aloc' \(did you mean 'alloc'" \
    "$ffisan" run --gc=aloc luajit
check 'a value that is missing' 125 '' "^ffisan: option '--report' needs a value \(FILE\)$" \
    "$ffisan" run --report
check 'a value too many' 125 '' 'takes no value' "$ffisan" run --preload-only=1 luajit
check 'an exit code that is none' 125 '' 'from 0 to 255' "$ffisan" run --exit-code=300 luajit
check 'FFISAN_OPTIONS that is garbage' 125 '' "^ffisan: FFISAN_OPTIONS: unknown option 'foo'" \
    env FFISAN_OPTIONS=foo=1 "$ffisan" run luajit -v
check 'a report directory that does not exist' 125 '' \
    '^ffisan: cannot write to --report=/nonexistent/r: No such file or directory$' \
    "$ffisan" run --report=/nonexistent/r luajit -e 'print(1)'
check 'a report that is a directory' 125 '' 'Is a directory$' "$ffisan" run --report=/tmp luajit
check 'a log where none can be made' 125 '' '^ffisan: cannot write to --log=/proc/x: ' \
    "$ffisan" run --log=/proc/x luajit -v
check 'no library' 125 '' '^ffisan: cannot read FFISAN_LIBRARY=/nonexistent: ' \
    env FFISAN_LIBRARY=/nonexistent "$ffisan" run luajit -v
check 'nothing was left at the report path' 0 '' '' "$ffisan" run --report="$tmp/none" luajit -e ''
[ ! -e "$tmp/none" ]
verdict 'an empty report is not made' ${?#0}
tap_end
