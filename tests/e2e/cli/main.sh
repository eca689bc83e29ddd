#!/bin/bash
# SPDX-License-Identifier: MIT
# `ffisan` itself: help, version, unknown commands.
. "$(dirname "$0")/cli.bash"

check 'no command' 125 '' '^Usage: ffisan COMMAND' "$ffisan"
check '--help' 0 '^Usage: ffisan COMMAND' '' "$ffisan" --help
check 'help' 0 '^Usage: ffisan COMMAND' '' "$ffisan" help
check '--version' 0 '^ffisan [0-9]+\.[0-9]+\.[0-9]+$' '' "$ffisan" --version
check 'a mistyped command' 125 '' "unknown command 'rnu' \(did you mean 'run'\?\)$" "$ffisan" rnu
check 'a program instead of a command' 125 '' "'ffisan run -- luajit'" "$ffisan" luajit
check 'help for what is no command' 125 '' "did you mean 'doctor'" "$ffisan" help docter
for command in run resty doctor show; do
    check "help $command" 0 "^Usage: ffisan $command .*--help" '' "$ffisan" help $command
    cp "$tmp/out" "$tmp/help"
    check "$command --help" 0 "^Usage: ffisan $command" '' "$ffisan" $command --help
    cmp -s "$tmp/out" "$tmp/help"
    verdict "both helps of $command are the same" ${?#0}
    grep -q ".\{101\}" "$tmp/out"
    verdict "no line of $command's help is too long" $([ $? = 1 ] || echo long)
done

# Every option of the help is in the manual, and every one in the manual is in the help.
for command in run resty doctor show; do
    "$ffisan" help $command | grep -oE -- '(^ +|, )--[a-z0-9-]+' | grep -oE -- '--.*' | sort -u >"$tmp/in-help"
    sed 's/\\-/-/g' "$top/docs/ffisan-$command.1" | sed -n '/^.SH OPTIONS/,/^.SH [^O]/p' | grep '^\.B' |
        grep -oE -- '--[a-z0-9-]+' | grep -vxE -- '--' | sort -u >"$tmp/in-manual"
    reasons=$(diff "$tmp/in-help" "$tmp/in-manual")
    verdict "the manual of $command has the same options" ${reasons:+"$reasons"}
done
tap_end
