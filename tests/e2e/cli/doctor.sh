#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan doctor`: what it says of programs that can be watched, and of those that cannot.
. "$(dirname "$0")/cli.bash"
export PATH=$PATH:/usr/sbin
export FAKE_STATUS=

doctor() # NAME STATUS STDOUT ARGUMENTS...
{
    local name=$1 status=$2 out=$3
    shift 3
    check "$name" "$status" "$out" '' "$ffisan" doctor "$@"
}

# Programs with LuaJIT.
doctor 'the luajit command' 0 'luajit +LuaJIT 2\.[^,]*, GC64.*ok +trial run +was watched.*Yes: ' -- luajit
doctor 'by its path' 0 'was watched.*Yes: ' "$(command -v luajit)"
doctor 'through env' 0 'was watched.*Yes: ' -- env A=b luajit x.lua
printf '#!/usr/bin/env luajit\n' >"$tmp/script"
printf '#!/bin/sh\nexec "luajit" -e "$1"\n' >"$tmp/wrapper"
printf '#!/no/such/interpreter\n' >"$tmp/lost"
chmod +x "$tmp/script" "$tmp/wrapper" "$tmp/lost"
doctor 'a script with luajit in its first line' 0 'inside the program.*Yes: ' "$tmp/script"
doctor 'a shell script that starts luajit' 0 'a script for /.*sh that names luajit.*Yes: ' "$tmp/wrapper"
for program in nginx nvim kresd; do
    command -v $program >/dev/null || continue
    doctor "$program" 0 'GC64, in /[^ ]*libluajit.*Yes: ' -- $program
done

# A program that links libluajit, one that hides it, a static one, one for 32 bits.
cat >"$tmp/host.c" <<'EOF'
void *luaL_newstate(void);
int main(void) { return !luaL_newstate(); }
EOF
library=$(ls /usr/lib/*/libluajit-5.1.so.2 2>/dev/null | head -n 1)
if [ -n "$library" ]; then
    cc -o "$tmp/linked" "$tmp/host.c" "$library"
    doctor 'a program that links libluajit' 0 "GC64, in [^ ]*libluajit-5.1.so.2.*Yes: " "$tmp/linked"
fi
cat >"$tmp/hidden.c" <<'EOF'
#include <stdio.h>
static const char *const texts[] = {"LuaJIT 2.1.0-test", "too many callbacks"};
int main(int argc, char **argv) { return puts(texts[(argc + **argv) & 1]) < 0; }
EOF
cc -o "$tmp/hidden" "$tmp/hidden.c"
doctor 'a LuaJIT that is hidden' 1 'NO +[^ ]*hidden +LuaJIT 2.1.0-test, inside.*hides Lua.s API.*No: ' "$tmp/hidden"
cat >"$tmp/exporting.c" <<'EOF'
#include <stdio.h>
static const char *const texts[] = {"LuaJIT 2.1.0-test", "too many callbacks"};
void lua_setallocf(void) {}
void luaJIT_setmode(void) {}
int main(int argc, char **argv) { return puts(texts[(argc + **argv) & 1]) < 0; }
EOF
cc -rdynamic -o "$tmp/exporting" "$tmp/exporting.c"
doctor 'an exporting program that does not read LUA_INIT' 1 \
    "does not read LUA_INIT.*package.loadlib\('$tmp/libffisan.so', 'ffisan_luainit'\)\(\).*No: " "$tmp/exporting"
if cc -static -o "$tmp/static" "$tmp/hidden.c" 2>/dev/null; then
    doctor 'a static program' 1 'No: ' "$tmp/static"
fi
printf '\177ELF\001\001\001' >"$tmp/short"
head -c 100 "$tmp/hidden" >"$tmp/cut"
(head -c 40 "$tmp/hidden"; head -c 4000 /dev/zero | tr '\0' '\377') >"$tmp/broken"
chmod +x "$tmp/short" "$tmp/cut" "$tmp/broken"
for program in short cut broken; do
    doctor "an ELF file that is damaged: $program" 1 'No: ' "$tmp/$program"
done
# A user who cannot write there, and a program that belongs to somebody else.
if [ "$(id -u)" = 0 ] && [ -n "$library" ]; then
    cp "$tmp/linked" "$tmp/setuid"
    chown nobody "$tmp/setuid"
    chmod 4755 "$tmp/setuid"
    doctor 'a setuid program' 1 'LD_PRELOAD is ignored.*No: ' "$tmp/setuid"
fi

# Programs without.
doctor 'a program without LuaJIT' 1 'has no LuaJIT in it.*No: ' -- sh -c true
doctor 'a program that does not exist' 1 "cannot find the program 'nosuch'.*No: " nosuch
doctor 'a file that is no program' 1 'Permission denied.*No: ' /etc/passwd
doctor 'a script whose interpreter is missing' 1 "'/no/such/interpreter', was not found.*No: " "$tmp/lost"

# The machine.
doctor 'without a command' 0 'LuaJIT on this machine.*luajit +LuaJIT 2.*Yes: '
doctor 'the kernel is named' 0 "Linux $(uname -r), x86_64" -- luajit
doctor 'mappings and overcommit' 0 "max_map_count = [0-9]+.*overcommit_memory = [0-2]" -- luajit
doctor 'threads' 0 '(ok +threads +can|note +threads +cannot) be stopped' -- luajit
check 'a small address space' '*' 'ulimit -v +4000000 KiB' '*' \
    bash -c 'ulimit -v 4000000; "$1" doctor -- luajit' - "$ffisan"
check 'no library' 1 'NO +library +cannot read FFISAN_LIBRARY=/nonexistent.*No: ' '' \
    env FFISAN_LIBRARY=/nonexistent "$ffisan" doctor -- luajit
check 'a library that is none' 1 'NO +library.*is not a program.*No: ' '' \
    env FFISAN_LIBRARY=/etc/passwd "$ffisan" doctor -- luajit
check 'a library that does not attach' 1 'trial run +failed: ffisan: no LuaJIT was watched.*No: ' '' \
    env FAKE_BLIND=1 "$ffisan" doctor -- luajit
check 'an unknown option' 125 '' 'unknown option' "$ffisan" doctor --foo
tap_end
