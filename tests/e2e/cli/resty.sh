#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan resty`: Lua code inside a real nginx, as OpenResty's resty runs it.
. "$(dirname "$0")/cli.bash"
export PATH=$PATH:/usr/sbin
if missing_command nginx >&2; then
    echo "Bail out! nginx is missing"
    exit 1
fi
error='{"ffisan":1,"id":"00000000000000a1","severity":"error","kind":"use-after-collect"}'
cd "$tmp" || exit
mkdir lib 'a b'
echo 'return { x = 42, f = function() error("boom") end }' >lib/mod.lua
echo 'error(require("mod").f())' >lib/broken.lua
echo 'return { x = 43 }' >'a b/mod.lua'
resty() # NAME STATUS STDOUT STDERR ARGUMENTS...
{
    local name=$1 status=$2 out=$3 err=$4
    shift 4
    check "$name" "$status" "$out" "$err" "$ffisan" resty "$@"
}

# Code and output.
resty 'print' 0 '^hello 1niltrue$' '' -e 'print("hello ", 1, nil, true)'
resty 'print of tables and null' 0 '^anull1b$' '' -e 'print({"a", ngx.null, {1, "b"}})'
resty 'ngx.say, ngx.print, io.write' 0 $'^say\nprint write$' '' \
    -e 'ngx.say("say") ngx.print("print ") io.write("write")'
resty 'several -e' 0 '^12$' '' -e 'local x = 12' -e 'print(x)'
resty '-e ending in a comment' 0 '^12$' '' -e 'local x = 12 -- a comment' -e 'print(x)'
resty '-e in one word' 0 '^12$' '' '-eprint(12)'
resty 'it is nginx' 0 '^timer [0-9]+$' '' -e 'ngx.sleep(0.01) print(ngx.get_phase(), " ", ngx.config.ngx_lua_version)'
resty '-I' 0 '^42$' '' -I lib -e 'print(require("mod").x)'
resty 'chunk names are as -I was written' 0 '^./lib/mod.lua:1$' '' -I ./lib/ -e 'local e = select(2, pcall(require, "broken")) print(e:match("[^ ]*mod.lua:1"))'
resty '-I with a blank' 0 '^43$' '' -I 'a b' -e 'print(require("mod").x)'
resty '-l' 0 '^42$' '' -Ilib -l mod -e 'print(package.loaded.mod.x)'
resty '-j off' 0 '^false' '' -j off -e 'print(jit.status())'
resty '--shdict' 0 '^cat$' '' --shdict 'cats 1m' \
    -e 'ngx.shared.cats:set("a", "cat") print(ngx.shared.cats:get("a"))'
resty '--http-conf' 0 '^7$' '' --http-conf 'lua_shared_dict seven 1m;' -e 'print(ngx.shared.seven and 7)'
resty '--main-conf' 0 '^works$' '' --main-conf 'timer_resolution 1s;' -e 'print("works")'
echo 'lua_shared_dict eight 1m;' >http.conf
resty '--http-include' 0 '^8$' '' --http-include http.conf -e 'print(ngx.shared.eight and 8)'
resty '--ns' 0 'resolver 192.0.2.1 \[2001:db8::1\] ipv6=off;' '' \
    --ns 192.0.2.1 --ns 2001:db8::1 --dump-nginx-conf -e ''
resty '-c' 0 'worker_connections 99;' '' -c 99 --dump-nginx-conf -e ''
resty 'the environment is there' 0 "^$HOME\$" '' -e 'print(os.getenv("HOME"))'

# A script.
cat >script.lua <<'EOF'
#!/usr/bin/env resty
print(#arg, " ", arg[0], " ", arg[1], " ", arg[2], " ", select("#", ...))
EOF
resty 'a script and its arguments' 0 '^2 script.lua --help b c 0$' '' script.lua --help 'b c'
resty 'a script after options' 0 '^1 ./script.lua x nil 0$' '' -I lib ./script.lua x
resty '-e before a script' 0 $'^first\n0 script.lua' '' -e 'print("first")' script.lua

# Ends.
resty 'os.exit' 7 '^out$' '' -e 'io.write("out") os.exit(7)'
resty 'ngx.exit' 3 '' '' -e 'ngx.exit(3)'
resty 'an error' 1 '^before$' \
    '^ERROR: \(command line -e\):1: boom.stack traceback:.*\(command line -e\):1: in function .f.' \
    -e 'print("before") local function f() error("boom") end f()'
printf '\nlocal x = nil + 1\n' >bad.lua
resty 'an error in a script' 1 '' '^ERROR: bad.lua:2: attempt to' bad.lua
resty 'an error that is no string' 1 '' '^ERROR: table: 0x' -e 'error({})'
resty 'a syntax error' 1 '' "^ERROR: \(command line -e\):1: '=' expected near 'error'$" -e 'syntax error'
check 'nginx under valgrind' 0 '^1$' 'library of ffisan is not loaded.*ERROR SUMMARY: 0' \
    bash -c 'command -v valgrind >/dev/null || { echo 1; echo "library of ffisan is not loaded ERROR SUMMARY: 0" >&2; exit; }
             "$1" resty --valgrind -e "print(1)"' - "$ffisan"
resty '--user-runner' 0 '^1$' '' --user-runner "env 'A=b c'" -e 'print(1)'
check 'TERM ends it with 143' 143 '^ready$' '' bash -c '
    "$1" resty -e "print(\"ready\") io.stdout:flush() ngx.sleep(20)" & pid=$!
    sleep 1; kill -TERM $pid; wait $pid' - "$ffisan"

# Findings.
check 'an error is 66' 66 '^1$' '^ffisan: 1 error in 1 process \(exit status 66\)$' \
    env FAKE_RECORDS="$error"$'\n' "$ffisan" resty -e 'print(1)'
check '--exit-code' 9 '' 'exit status 9' \
    env FAKE_RECORDS="$error"$'\n' "$ffisan" resty --exit-code 9 -e 'os.exit(2)'
resty 'options of run' 0 '^gc=line:color=never$' '' --gc=line -e 'print(os.getenv("FFISAN_OPTIONS"))'

# Bad input.
resty 'nothing to run' 125 '' '^ffisan: nothing to run' -I lib
resty 'a script that does not exist' 127 '' "^ffisan: cannot read 'nosuch.lua': " nosuch.lua
resty 'an unknown option' 125 '' "did you mean '--shdict'" --shdct 'x 1' -e ''
resty 'an unknown letter' 125 '' "unknown option '-z'" -z
resty 'a shdict that is none' 125 '' "'NAME SIZE'" --shdict 'x' -e ''
resty 'a shdict that would be nginx code' 125 '' "'NAME SIZE'" --shdict 'x 1m; daemon on' -e ''
resty 'a name server that is none' 125 '' 'an IP address' --ns example.org -e ''
resty 'connections that are no number' 125 '' 'a number' -c many -e ''
resty 'a quote that is not closed' 125 '' 'a quote is not closed' --valgrind-opts "'x" -e ''
resty 'two runners' 125 '' 'only one of' --valgrind --gdb -e ''
resty 'an include that does not exist' 125 '' "cannot read '/nonexistent'" --http-include /nonexistent -e ''
resty 'an nginx that does not exist' 127 '' "cannot find the program '/nonexistent'" --nginx /nonexistent -e ''
resty 'an nginx that is none' 125 '' "does not answer as nginx does" --nginx /bin/true -e ''
resty 'configuration that nginx refuses' 1 '' 'unknown directive "bad"' --http-conf 'bad 1;' -e ''
resty '-v' 0 $'^ffisan [0-9.]+\nnginx version: ' '' -v
tap_end
