#!/bin/bash
# SPDX-License-Identifier: MIT
# `make install` and `make uninstall`: what is installed works, and nothing of it stays.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tap.bash"
prefix=$tmp/root/opt/ffisan

make -s -C "$top" install DESTDIR="$tmp/root" PREFIX=/opt/ffisan >"$tmp/log" 2>&1
verdict 'it installs' ${?#0}
(cd "$prefix" && find . -type f -printf '%P %m\n' | sort) >"$tmp/installed"
{
    echo 'bin/ffisan 755'
    echo 'lib/ffisan/libffisan.so 644'
    for manual in "$top"/docs/*.1; do
        echo "share/man/man1/$(basename "$manual") 644"
    done
} | sort >"$tmp/expected"
reasons=$(diff "$tmp/expected" "$tmp/installed")
verdict 'all that belongs there, and nothing else' ${reasons:+"$reasons"}

if missing_command luajit >"$tmp/missing"; then
    verdict 'the installed command' "$(cat "$tmp/missing")"
else
    (cd "$top/examples/article" && "$prefix/bin/ffisan" run -- luajit main.lua) >"$tmp/out" 2>"$tmp/err"
    status=$?
    reasons=$([ $status = 66 ] || echo "status $status"; grep -q '^SUMMARY: ' "$tmp/err" || cat "$tmp/err")
    verdict 'the installed command finds the bug of the article' ${reasons:+"$reasons"}
fi

make -s -C "$top" uninstall DESTDIR="$tmp/root" PREFIX=/opt/ffisan >"$tmp/log" 2>&1
reasons=$(find "$tmp/root" -type f)
verdict 'it uninstalls' ${reasons:+"$reasons"}
tap_end
