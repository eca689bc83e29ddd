#!/bin/bash
# SPDX-License-Identifier: MIT
# The text of the tree: sizes, licences, layout, spelling, and nothing of one machine only.
#
# FFISAN_TEST_WORDS  file of extended regular expressions that no file may match
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"
cd "$top" || exit 1
max_file=500
max_test=700
max_function=60
max_line=100

files() # of the tree, tracked or not yet
{
    git ls-files --cached --others --exclude-standard 2>/dev/null | grep . ||
        find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%P\n'
}
files | sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done >"$tmp/files"
mapfile -t all <"$tmp/files"
mapfile -t c < <(grep '\.[ch]$' "$tmp/files")
mapfile -t sources < <(grep '^src/.*\.[ch]$' "$tmp/files")
mapfile -t scripts < <(grep -E '\.(sh|bash)$|^\.ci/run$' "$tmp/files")

empty() # NAME LINES: there must be none
{
    verdict "$1" ${2:+"$2"}
}

tool() # NAME COMMAND: whether it is here; a skipped test when not
{
    command -v "$2" >/dev/null && return
    verdict "$1 # SKIP no $2"
    return 1
}

[ ${#sources[@]} -gt 50 ] && [ ${#scripts[@]} -gt 5 ]
verdict 'the tree is found' ${?#0}
empty "no source is longer than $max_file lines" \
    "$(wc -l "${sources[@]}" | awk -v max=$max_file '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }')"
empty "no test is longer than $max_test lines" \
    "$(wc -l "${c[@]}" "${scripts[@]}" | awk -v max=$max_test '$2 != "total" && $1 > max { print $2 ": " $1 " lines" }')"
empty "no function is longer than $max_function lines" \
    "$(awk -v max=$max_function '
        FNR == 1 { start = 0 }
        /^\{/ { start = FNR }
        /^\}/ { if (start && FNR - start - 1 > max) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }
        ' "${c[@]}")"
empty "no line of C is longer than $max_line columns" \
    "$(awk -v max=$max_line 'length > max { print FILENAME ":" FNR ": " length " columns" }' "${sources[@]}")"
empty 'the licence stands in the first line of sources' \
    "$(awk 'FNR == 1 && !/SPDX-License-Identifier: MIT/ { print FILENAME }' "${c[@]}")"
empty 'the licence stands in the first lines of scripts' \
    "$(for file in "${scripts[@]}"; do head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"; done)"
empty 'no trailing space' "$(grep -InE '[[:blank:]]+$' "${c[@]}" "${scripts[@]}" Makefile)"
empty 'no tabs in sources' "$(grep -InP '\t' "${c[@]}")"
empty 'files end with a line feed' \
    "$(for file in "${c[@]}" "${scripts[@]}"; do [ -z "$(tail -c 1 "$file")" ] || echo "$file"; done)"
empty 'scripts are executable' \
    "$(for file in "${scripts[@]}"; do [[ $file == *.bash || -x $file ]] || echo "$file"; done)"
empty 'no unfinished business' \
    "$(grep -nwE 'TODO|FIXME|XXX|HACK' "${c[@]}" "${scripts[@]}" | grep -v '^tests/arch/text.sh:' |
        grep -vE 'mkstemp|mkdtemp|X{6}')"

# A path from the root that other machines have, or that is only an example.
common='bench|build|docs|examples|src|tests|bin|boot|dev|etc|home|lib|lib64|lib32|libx32|libexec|media|mnt|no|nonexistent|opt|path|proc|root|run|sbin|srv|sys|tmp|usr|var'
empty 'no paths of one machine' \
    "$(grep -InoE '(^|[ "'\''`=(])/[a-z][a-z0-9]+/[A-Za-z0-9._/-]+' "${sources[@]}" "${scripts[@]}" Makefile docs/* README* 2>/dev/null |
        grep -vE "[ \"'\`=(:]/($common)/")"
if [ -r "${FFISAN_TEST_WORDS:-}" ]; then
    empty 'no words of the private list' "$(grep -InEi -f "$FFISAN_TEST_WORDS" "${all[@]}")"
fi

name='the layout of clang-format 14'
if tool "$name" clang-format; then
    if clang-format --version | grep -q 'version 14\.'; then
        empty "$name" "$(printf '%s\n' "${c[@]}" | xargs -n 20 clang-format --dry-run 2>&1 |
            sed -n 's/:\([0-9]*\):[0-9]*: warning.*/:\1: run make format/p' | sort -u)"
    else
        verdict "$name # SKIP another version"
    fi
fi
name='shellcheck'
tool "$name" shellcheck &&
    empty "$name" "$(shellcheck -x -S warning -e SC2154,SC1091,SC2046 -f gcc "${scripts[@]}" 2>&1)"
name='spelling'
tool "$name" codespell &&
    empty "$name" "$(codespell -L ist,te,nd,fo,ot,ba "${all[@]}" 2>&1)"
tap_end
