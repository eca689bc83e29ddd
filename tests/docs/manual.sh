#!/bin/bash
# SPDX-License-Identifier: MIT
# Manual pages say what --help says: the same options with the same values, no more and no less.
# shellcheck source=tests/docs/docs.bash
. "$(dirname "$0")/docs.bash"
if [ ! -x "$ffisan" ]; then
    echo "Bail out! $ffisan is missing: run make"
    exit 1
fi

# "--gc=natural|auto" and "-e CODE", one per line, as --help prints them.
options_of_help() # COMMAND
{
    "$ffisan" "$1" --help | sed -nE 's/^ {2,6}((-[A-Za-z](, | |$)|--[a-z]).*)$/\1/p' |
        sed -E "s/ {2,}.*//; s/^(--[a-z-]+=[^' ]+) .*/\\1/; s/, /\\n/" | sort -u
}

# The same of a page: the line behind each .TP of the OPTIONS, without its formatting.
options_of_page() # PAGE
{
    awk '/^\.SH/ { inside = /OPTIONS/ } inside && tag { print; tag = 0 } inside && /^\.TP/ { tag = 1 }' "$1" |
        sed -E 's/^\.[BIR]+ //; s/"//g; s/\\f[BIR]//g; s/\\-/-/g; s/\\ / /g; s/ ([=|,]) /\1/g; s/,(-)/\n\1/g; s/, /\n/g' |
        sed -E 's/^ +//; s/ +$//; s/ = /=/g; s/ +/ /g; s/ ?\| ?/|/g' | sort -u
}

for command in run resty show doctor; do
    page=docs/ffisan-$command.1
    options_of_help $command >"$tmp/help"
    options_of_page "$page" >"$tmp/page"
    # The page of resty refers to that of run for the options of the runtime.
    if [ $command = resty ]; then
        options_of_help run | grep -vE '^(-h|--(help|exit-code|preload-only))' >"$tmp/runtime"
        reasons=$(while IFS='=' read -r name _; do
            grep -qF -- "${name//-/\\-}" "$page" || echo "$name is missing"
        done <"$tmp/runtime")
        verdict 'ffisan-resty.1 names the options of the runtime' ${reasons:+"$reasons"}
        grep -vxFf "$tmp/runtime" "$tmp/help" >"$tmp/own"
        mv "$tmp/own" "$tmp/help"
    fi
    reasons=$(diff "$tmp/help" "$tmp/page")
    [ -s "$tmp/help" ] || reasons="no options were found in ffisan $command --help"
    verdict "ffisan-$command.1 and ffisan $command --help" ${reasons:+"$reasons"}
done

# Every option of the runtime is in options.def; `help` is for FFISAN_OPTIONS alone.
sed -nE 's/^FFISAN_OPTION\([a-z_]+, ([a-z_]+),.*/--\1/p' src/wire/options.def | tr _ - | grep -vx -- --help |
    sort >"$tmp/defined"
options_of_help run | sed 's/=.*//' | grep -xFf "$tmp/defined" >"$tmp/shown"
reasons=$(diff "$tmp/defined" "$tmp/shown")
[ -s "$tmp/defined" ] || reasons='none were found'
verdict 'ffisan run --help has every option of options.def' ${reasons:+"$reasons"}

# Commands: help, the first page, and a page for each.
"$ffisan" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' | sort >"$tmp/commands"
printf '%s\n' docs/ffisan-*.1 | sed -E 's/.*ffisan-(.*)\.1/\1/' | sort >"$tmp/pages"
reasons=$(diff "$tmp/commands" "$tmp/pages")
verdict 'each command has a manual page' ${reasons:+"$reasons"}
reasons=$(while read -r command; do
    grep -q "^\.BR $command " docs/ffisan.1 || echo "$command is not in ffisan.1"
done <"$tmp/commands")
verdict 'ffisan.1 has each command' ${reasons:+"$reasons"}
reasons=$(grep -L "\"ffisan $("$ffisan" --version | cut -d' ' -f2)\"" docs/*.1)
verdict 'manual pages have the version of ffisan' ${reasons:+"$reasons"}
if missing_command man >"$tmp/missing"; then
    verdict "manual pages are well formed # SKIP $(cat "$tmp/missing")"
else
    reasons=$(for page in docs/*.1; do LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null; done)
    verdict 'manual pages are well formed' ${reasons:+"$reasons"}
fi
tap_end
