# SPDX-License-Identifier: MIT
# The LuaJITs that programs are tested on.  Sourced by bash with $top set.
#
# FFISAN_TEST_LUAJIT   only this one: system or upstream (tests/deps.sh), or the path of the luajit
#                      command of another one, installed with its library below the same prefix;
#                      `make test LUAJIT=PATH` sets it
# shellcheck shell=bash

: "${top:?}"
# shellcheck disable=SC2034
matrix=${FFISAN_TEST_LUAJIT:-system upstream}

luajit_of() # LABEL
{
    case $1 in
    system) command -v luajit ;;
    upstream) echo "$top/build/deps/luajit-upstream/usr/bin/luajit" ;;
    *) echo "$1" ;;
    esac
}

# The folder of its libluajit-5.1.so.2: beside lib, or where Debian has it.
libraries_of() # LABEL
{
    local prefix folder

    prefix=$(dirname "$(dirname "$(luajit_of "$1")")")
    for folder in "$prefix/lib" "$prefix/lib/$(uname -m)-linux-gnu"; do
        [ ! -e "$folder/libluajit-5.1.so.2" ] || echo "$folder"
    done
}
