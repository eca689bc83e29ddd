#!/bin/bash
# SPDX-License-Identifier: MIT
# The documents show what is there: each block of code under one of these comments is made anew and
# compared.
#
#   <!-- excerpt: FILE 19-22 26-31 -->   the block holds these lines of FILE, parts apart by an empty one
#   <!-- console: FOLDER -->             the block holds commands, after "$ ", and what they print, when
#   <!-- console: FOLDER (valgrind) -->  run in a copy of FOLDER.  In parentheses: commands they need,
#                                        without which the block is skipped
#
#   tests/docs/examples.sh [--update] [DOCUMENT...]   --update writes what is there into the documents
#
# Standard output is line-buffered as on a terminal, so that output and reports stand in the order
# that a user sees.  Addresses, process numbers and the number of a cycle may differ.
# shellcheck source=tests/docs/docs.bash
. "$(dirname "$0")/docs.bash"
is_update=
[ "${1:-}" = --update ] && { is_update=1; shift; }
[ $# -eq 0 ] || documents=("$@")
if [ ! -x "$ffisan" ] || missing_command luajit stdbuf >&2; then
    echo "Bail out! $ffisan or luajit is missing: run make and tests/deps.sh"
    exit 1
fi
PATH=$(cd "$(dirname "$ffisan")" && pwd):$PATH
unset FFISAN_OPTIONS FFISAN_LIBRARY LUA_INIT LUA_PATH LUA_CPATH
export NO_COLOR=1 LC_ALL=C.UTF-8

# What differs from run to run, and from one LuaJIT to the next.
without_numbers()
{
    sed -E 's/0x[0-9a-fA-F]{4,}/0xADDRESS/g; s/^==[0-9]+==/==PID==/; s/in cycle [0-9]+/in cycle N/' "$1"
}

excerpt() # FILE RANGE...
{
    local file=$1 range separator=
    shift
    for range; do
        printf '%s' "$separator"
        sed -n "${range/-/,}p" "$file"
        separator=$'\n'
    done
}

# The commands of a block as one script, which prints each command before it runs it.  As in a shell,
# "> " begins the further lines of a command.
script_of() # BLOCK
{
    cat <<'END'
show()
{
    local status=$?
    printf '$ %s\n' "${1//$'\n'/$'\n'> }"
    return $status
}
END
    local line command=
    while IFS= read -r line; do
        if [[ $line == '> '* && -n $command ]]; then
            command+=$'\n'${line#'> '}
            continue
        fi
        [ -z "$command" ] || printf 'show %q\n%s\n' "$command" "$command"
        command=
        [[ $line != '$ '* ]] || command=${line#'$ '}
    done <"$1"
    [ -z "$command" ] || printf 'show %q\n%s\n' "$command" "$command"
}

console() # BLOCK FOLDER
{
    rm -rf "$tmp/folder"
    cp -R "$2" "$tmp/folder"
    script_of "$1" >"$tmp/script"
    (cd "$tmp/folder" && timeout 120 stdbuf -oL bash "$tmp/script" 2>&1 </dev/null)
}

make_block() # KIND BLOCK ARGUMENT...
{
    local kind=$1 block=$2
    shift 2
    case $kind in
    excerpt) excerpt "$@" ;;
    console) console "$block" "$@" ;;
    esac
}

check_block() # NAME KIND ARGUMENT...: compares $tmp/block, and leaves what is to stand there in it
{
    local name=$1 kind=$2 needs=() reasons
    shift 2
    if [[ ${*: -1} == \(*\) ]]; then
        read -ra needs <<<"${*: -1}"
        needs=("${needs[@]//[()]/}")
        set -- "${@:1:$#-1}"
    fi
    if missing_command "${needs[@]}" >"$tmp/missing"; then
        verdict "$name # SKIP $(cat "$tmp/missing")"
        return
    fi
    make_block "$kind" "$tmp/block" "$@" >"$tmp/made"
    reasons=$(diff <(without_numbers "$tmp/block") <(without_numbers "$tmp/made"))
    if [ -n "$is_update" ] && [ -n "$reasons" ]; then
        cp "$tmp/made" "$tmp/block"
        reasons=
    fi
    verdict "$name" ${reasons:+"$reasons"}
}

check_document() # DOCUMENT
{
    local line marker='' marker_number=0 block=() number=0 state=text
    : >"$tmp/document"
    while IFS= read -r line; do
        number=$((number + 1))
        if [ $state = block ]; then
            if [ "$line" != '```' ]; then
                block+=("$line")
                continue
            fi
            printf '%s\n' "${block[@]}" >"$tmp/block"
            # The arguments of a marker are words.
            # shellcheck disable=SC2086
            check_block "$1:$marker_number $marker" ${marker/:/}
            cat "$tmp/block" >>"$tmp/document"
            state=text
        elif [ $state = marker ]; then
            block=()
            state=block
            [[ $line == '```'* ]] || verdict "$1:$number" 'no block of code under the comment'
        elif [[ $line =~ ^'<!-- '((excerpt|console): .*)' -->'$ ]]; then
            marker=${BASH_REMATCH[1]}
            marker_number=$number
            state=marker
            n_blocks=$((n_blocks + 1))
        fi
        printf '%s\n' "$line" >>"$tmp/document"
    done <"$1"
    [ $state = text ] || verdict "$1" 'a block of code has no end'
    if [ -n "$is_update" ] && [ $state = text ] && ! cmp -s "$tmp/document" "$1"; then
        cat "$tmp/document" >"$1"
        echo "# $1 was updated"
    fi
}

n_blocks=0
for document in "${documents[@]}"; do
    check_document "$document"
done
[ $n_blocks -gt 0 ] || verdict 'examples in the documents' 'there are none'
tap_end
