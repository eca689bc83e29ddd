#!/bin/bash
# SPDX-License-Identifier: MIT
# What ffisan costs, against plain runs on the same machine at the same time.
#
#   bench/run.sh [-n ROUNDS] [-t SECONDS] [--full] [--readme] [SECTION]...
#
# Sections: programs malloc startup bystanders audit nginx article bugs (default: all, bugs with --full
#           only);
# "tables" measures nothing and takes what the last runs have measured.
#   -n ROUNDS   runs of each command per comparison (default 11)
#   -t SECONDS  a comparison ends after so long once it has five rounds (default 20)
#   --full      also run the bug programs of the tests under other tools; takes minutes
#   --tools=... in the section bugs only these, as plain,ffisan-auto,valgrind-per-line
#   --readme    write the tables into README.md, README.zh-CN.md and docs/BENCHMARKS.md
#
# FFISAN_TEST_COMMAND      the ffisan to measure (default: build/ffisan)
# FFISAN_BENCH_LUAJIT      the luajit command (default: the one in PATH)
# FFISAN_BENCH_SYSMALLOC   the src folder of a LuaJIT built with XCFLAGS="-DLUAJIT_USE_SYSMALLOC
#                          -DLUAJIT_USE_VALGRIND", for the last step of the article
#
# Nothing here is a test: no time fails anything.
# shellcheck disable=SC2034 # what the sourced files use
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
ffisan=${FFISAN_TEST_COMMAND:-$top/build/ffisan}
luajit=${FFISAN_BENCH_LUAJIT:-$(command -v luajit)}
sysmalloc=${FFISAN_BENCH_SYSMALLOC:-}
compare=$top/build/bench/compare
results=$top/build/bench/results
rounds=11
seconds=20
full=
tools=
readme=
sections=()
tmp=$(mktemp -d)
chmod 755 "$tmp" # nginx's worker runs as another user when we are root
hook="debug.sethook(function () collectgarbage() end, 'l')"

# shellcheck source=bench/measure.bash
. "$here/measure.bash"
# shellcheck source=bench/bugs.bash
. "$here/bugs.bash"
# shellcheck source=bench/render.bash
. "$here/render.bash"

usage() { sed -n '3,14s/^# \{0,1\}//p' "$0"; }

while [ $# -gt 0 ]; do
    case $1 in
    -n) rounds=${2:?} && shift ;;
    -t) seconds=${2:?} && shift ;;
    --full) full=1 ;;
    --tools=*) tools=${1#--tools=} ;;
    --readme) readme=1 ;;
    programs | malloc | startup | bystanders | audit | nginx | article | bugs | tables) sections+=("$1") ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
    esac
    shift
done
if [ ${#sections[@]} = 0 ]; then
    sections=(programs malloc startup bystanders audit nginx article)
    [ -z "$full" ] || sections+=(bugs)
fi
if [ ! -x "$ffisan" ] || [ -z "$luajit" ]; then
    echo "bench/run.sh: $ffisan or luajit is missing: run make and tests/deps.sh" >&2
    exit 1
fi

mkdir -p "$results"
trap 'end_servers; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
${CC:-cc} -O2 -std=gnu11 -D_GNU_SOURCE -o "$compare" "$here/compare.c" || exit 1
${CC:-cc} -O2 -fPIC -shared -o "$top/build/bench/libstructures.so" "$here/malloc/structures.c" || exit 1
export BENCH_STRUCTURES=$top/build/bench/libstructures.so
make -s -f "$top/tests/helper/Makefile" TOP="$top" || exit 1
export LD_LIBRARY_PATH=$top/build/tests${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

for section in "${sections[@]}"; do
    [ "$section" != tables ] || continue
    echo "measuring: $section" >&2
    "measure_$section" >"$tmp/section" && mv "$tmp/section" "$results/$section"
    describe_machine >"$results/machine"
done
render_document
[ -z "$readme" ] || write_documents
