#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan show`: records as text, and lines that are none.
. "$(dirname "$0")/cli.bash"

good='{"ffisan":1,"id":"7f3a9c2100000000","severity":"error","kind":"use-after-collect","use":{"access":"write","size":12,"function":"snprintf","stack":[{"lang":"c","function":"vsnprintf","module":"libc.so.6","offset":4096},{"lang":"lua","file":"mod.lua","line":22,"function":"run"}]},"holder":{"kind":"cdata","type":"struct my_str_s [1]","field":"data","offset":8,"made":[{"lang":"lua","file":"mod.lua","line":17}],"path":"package.loaded.mod.run"},"block":{"kind":"cdata","type":"char [1024]","size":1024,"offset":0},"collected":{"cycle":3}}'
echo "$good" >"$tmp/good.jsonl"

check 'a record becomes a report' 0 'mod.lua:22.*vsnprintf.*SUMMARY: use-after-collect of char \[1024\]' '' \
    "$ffisan" show "$tmp/good.jsonl"
check 'standard input' 0 'SUMMARY: ' '' sh -c '"$1" show - <"$2"' - "$ffisan" "$tmp/good.jsonl"
check 'several files' 0 'SUMMARY.*SUMMARY' '' "$ffisan" show "$tmp/good.jsonl" "$tmp/good.jsonl"
check '--color=always' 0 $'\033' '' "$ffisan" show --color=always "$tmp/good.jsonl"
check 'no colour into a file' 0 '^[^'$'\033'']*$' '' "$ffisan" show "$tmp/good.jsonl"

bad() # NAME MESSAGE LINE: the line is named, what stands around it is shown
{
    printf '%s\n\n%s\n%s\n' "$good" "$3" "$good" >"$tmp/bad.jsonl"
    check "$1" 1 'SUMMARY.*SUMMARY' "^ffisan: $tmp/bad.jsonl:3: $2" "$ffisan" show "$tmp/bad.jsonl"
}
bad 'a line that is not JSON' 'not JSON: ' 'hello'
bad 'a line that breaks off' 'not JSON: ' "${good:0:100}"
bad 'JSON of somebody else' 'not a record of ffisan' '{"a":1}'
bad 'JSON that is no object' 'not a record of ffisan' '[]'
bad 'a newer format' 'format version 2 is not known' '{"ffisan":2}'
bad 'a record without id' 'not a record of ffisan' '{"ffisan":1,"severity":"error"}'
bad 'an id that is none' '"id" is not a hexadecimal' '{"ffisan":1,"id":"dog"}'
bad 'a member of the wrong type' '"use" is not an object' "${good/\"use\":\{/\"use\":3,\"x\":\{}"
bad 'a stack of the wrong type' '"stack" is not an array' "${good/\"stack\":[/\"stack\":1,\"x\":[}"
bad 'a number out of range' '"line" is out of range' "${good/\"line\":22/\"line\":-22}"
bad 'deep nesting' 'not JSON: ' "$(printf '%05000d' 0 | tr 0 '[')"

# What a later version may add, and what may be missing.
echo '{"ffisan":1,"id":"1"}' >"$tmp/bare.jsonl"
check 'a record with nothing but its id' 0 'WARNING: ' '' "$ffisan" show "$tmp/bare.jsonl"
echo '{"ffisan":1,"id":"1","new":{},"severity":"hint","kind":"new-kind","title":"a new title",
"use":{"access":"dance"},"holder":{"kind":"moon"},"block":{"kind":"cheese"}}' |
    tr -d '\n' >"$tmp/new.jsonl"
check 'values that a later version added' 0 'a new title' '' "$ffisan" show "$tmp/new.jsonl"

# Frames of C: debug information beside the code, in none, of another build, of nobody.
cat >"$tmp/parser.c" <<'END'
static const char *volatile text;
__attribute__((noinline)) static int next_byte(void)
{
    return *text++;
}
int parser_first(const char *start)
{
    text = start;
    return next_byte() + 1;
}
END
compile() # FILE OPTION...
{
    local file=$1
    shift
    cc -shared -fPIC -O1 "$@" -o "$tmp/$file" "$tmp/parser.c" || exit 1
}
compile lines.so -g -Wl,--build-id
compile plain.so -g0
compile bare.so -g0 -s
compile other.so -g -Wl,--build-id -DOTHER=1 -O2
build=$(readelf -n "$tmp/lines.so" | sed -n 's/.*Build ID: //p')
address=$(nm "$tmp/lines.so" | awk '$3 == "next_byte" { print $1 }')

framed() # FILE [BUILD [ADDRESS]]: the good record with a frame of C in that file
{
    local frame='"lang":"c","module":"'${1##*/}'","path":"'$1'"'
    [ -z "${2:-}" ] || frame+=',"build":"'$2'"'
    frame+=',"offset":'$((16#${3:-$address}))
    printf '%s\n' "${good/\{\"lang\":\"c\"/\{$frame\},\{\"lang\":\"c\"}" >"$tmp/framed.jsonl"
}
framed "$tmp/lines.so" "$build"
check 'a line and the name of a static function' 0 \
    'next_byte +lines.so [^ ]*parser.c:[34].*vsnprintf +libc.so.6' '' "$ffisan" show "$tmp/framed.jsonl"
framed "$tmp/lines.so"
check 'the same without a build ID' 0 'next_byte +lines.so [^ ]*parser.c:[34]' '' \
    "$ffisan" show "$tmp/framed.jsonl"
framed lines.so/../lines.so "$build"
check 'a path that leads nowhere from here' 0 '\(no name\) +lines.so\+0x' "cannot read 'lines.so/../lines.so'" \
    "$ffisan" show "$tmp/framed.jsonl" "$tmp/framed.jsonl"
framed ./lines.so "$build"
check 'a path from here' 0 'parser.c:[34]' '' sh -c 'cd "$2" && "$1" show framed.jsonl' - "$ffisan" "$tmp"
framed "$tmp/plain.so" '' "$(nm "$tmp/plain.so" | awk '$3 == "next_byte" { print $1 }')"
check 'a name without a line' 0 'next_byte +plain.so'$'\n' '' "$ffisan" show "$tmp/framed.jsonl"
framed "$tmp/bare.so"
check 'neither' 0 '\(no name\) +bare.so\+0x[0-9a-f]+'$'\n' '' "$ffisan" show "$tmp/framed.jsonl"
framed "$tmp/other.so" "$build"
check 'another build' 0 '\(no name\) +other.so\+0x' "^ffisan: '$tmp/other.so' is another build" \
    "$ffisan" show "$tmp/framed.jsonl"
framed "$tmp/parser.c" "$build"
check 'no ELF file' 0 '\(no name\) +parser.c\+0x' "^ffisan: cannot read '$tmp/parser.c'" \
    "$ffisan" show "$tmp/framed.jsonl"
framed "$tmp/lines.so" "$build" ffffffffff
check 'an address outside' 0 '\(no name\) +lines.so\+0xffffffffff'$'\n' '' "$ffisan" show "$tmp/framed.jsonl"
bad 'a build ID that is none' '"build" is not a hexadecimal' "${good/\"module\"/\"build\":\"dogs\",\"module\"}"

# What the runtime writes, of a library that C code of this test has.
make -s -f "$top/tests/helper/Makefile" TOP="$top" || exit 1
(
    cd "$top/tests/e2e/a1-c-request-options" || exit
    env -u FFISAN_LIBRARY LD_LIBRARY_PATH="$top/build/tests" "$ffisan" run --report="$tmp/real.jsonl" \
        -- luajit bad.lua >/dev/null 2>&1
)
line=$(grep -n 'return snprintf.*request' "$top/tests/helper/testkeeper.c" | cut -d: -f1)
check 'a record of the runtime' 0 "keeper_request_send +libtestkeeper.so [^ ]*testkeeper.c:$line"$'\n' '*' \
    "$ffisan" show "$tmp/real.jsonl"

printf '%s' "$good" >"$tmp/cut.jsonl"
check 'no newline at the end' 0 'SUMMARY' '' "$ffisan" show "$tmp/cut.jsonl"
: >"$tmp/empty.jsonl"
check 'an empty file' 0 '' '' "$ffisan" show "$tmp/empty.jsonl"
check 'a file that does not exist' 1 'SUMMARY' "cannot open '/nonexistent'" \
    "$ffisan" show /nonexistent "$tmp/good.jsonl"
check 'a directory' 1 '' "cannot read '/tmp': it is a folder, and none of a run" "$ffisan" show /tmp
mkdir "$tmp/kept" && : >"$tmp/kept/alive"
for pid in 7 12; do head -n 1 "$tmp/good.jsonl" >"$tmp/kept/$pid.jsonl"; done
check 'a folder of a run: what two processes have found is shown once' 0 'SUMMARY' \
    "^ffisan: 1 finding of another process left out: it is shown before"$'\n'"ffisan: 2 errors \\(1 different\\) in 2 processes$" \
    "$ffisan" show "$tmp/kept"
n_shown=$("$ffisan" show "$tmp/kept" 2>/dev/null | grep -c '^SUMMARY')
verdict 'its text is there once' ${n_shown/#1/}
check 'a full disk' 125 '' 'cannot write to standard output' \
    sh -c '"$1" show "$2" >/dev/full' - "$ffisan" "$tmp/good.jsonl"
check 'no file' 125 '' '^ffisan: no file given' "$ffisan" show
check 'a colour that is none' 125 '' "not 'pink'" "$ffisan" show --color=pink "$tmp/good.jsonl"
tap_end
