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

printf '%s' "$good" >"$tmp/cut.jsonl"
check 'no newline at the end' 0 'SUMMARY' '' "$ffisan" show "$tmp/cut.jsonl"
: >"$tmp/empty.jsonl"
check 'an empty file' 0 '' '' "$ffisan" show "$tmp/empty.jsonl"
check 'a file that does not exist' 1 'SUMMARY' "cannot open '/nonexistent'" \
    "$ffisan" show /nonexistent "$tmp/good.jsonl"
check 'a directory' 1 '' "cannot read '/tmp'" "$ffisan" show /tmp
check 'a full disk' 125 '' 'cannot write to standard output' \
    sh -c '"$1" show "$2" >/dev/full' - "$ffisan" "$tmp/good.jsonl"
check 'no file' 125 '' '^ffisan: no file given' "$ffisan" show
check 'a colour that is none' 125 '' "not 'pink'" "$ffisan" show --color=pink "$tmp/good.jsonl"
tap_end
