#!/bin/bash
# SPDX-License-Identifier: MIT
# Includes go in one direction: layers.list says which, and says nothing that is not so.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tap.bash"
cd "$top/src" || exit 1

# Lines "FILE PART INCLUDED PART" of every include of ours; parts are those of the list.
edges()
{
    grep -rHoE '^ *# *include +"[^"]+"' --include='*.[ch]' . | sed -E 's/^\.\/([^:]*):.*"(.*)"$/\1 \2/' |
        awk -v list="$top/tests/arch/layers.list" '
            BEGIN { while ((getline line < list) > 0) if (line !~ /^#|^ *$/) { split(line, w, " "); parts[w[1]] } }
            function part(file, p, best) {
                best = "none"
                for (p in parts)
                    if (index(file, p) == 1 && (best == "none" || length(p) > length(best)))
                        best = p
                return best
            }
            # A name without folder is beside the file.
            $2 !~ /\// { folder = $1; sub(/[^\/]*$/, "", folder); $2 = folder $2 }
            { print $1, part($1), $2, part($2) }'
}

allowed() # lines "PART PART"
{
    awk '!/^#|^ *$/ { for (i = 2; i <= NF; i++) { sub(/\?$/, "", $i); print $1, $i } }' \
        "$top/tests/arch/layers.list" | sort
}

edges >"$tmp/edges"
allowed >"$tmp/allowed"
awk '$2 == "none" || $4 == "none" { print $1 " or " $3 " is in no part of layers.list" }' "$tmp/edges" >"$tmp/lost"
awk '$2 != $4 { print $2, $4 }' "$tmp/edges" | sort -u >"$tmp/real"
comm -23 "$tmp/real" "$tmp/allowed" | while read -r from to; do
    awk -v from="$from" -v to="$to" '$2 == from && $4 == to { print $1 " includes " $3 }' "$tmp/edges"
done >"$tmp/forbidden"
comm -13 "$tmp/real" "$tmp/allowed" >"$tmp/unused"

check() # NAME FILE: which must be empty
{
    if [ -s "$2" ]; then
        verdict "$1" "$(cat "$2")"
    else
        verdict "$1"
    fi
}

[ "$(wc -l <"$tmp/edges")" -gt 100 ]
verdict 'includes are found' ${?#0}
check 'every file is in a part' "$tmp/lost"
check 'only what layers.list allows is included' "$tmp/forbidden"
check 'layers.list allows nothing that is not used' "$tmp/unused"
grep -E '^(base/|wire/|cli/)' "$tmp/real" | grep runtime >"$tmp/met"
grep -E '^runtime/.* cli/' "$tmp/real" >>"$tmp/met"
check 'runtime and cli never meet' "$tmp/met"
grep -nE 'include *"\.' -r --include='*.[ch]' . >"$tmp/relative"
check 'includes are named from src/' "$tmp/relative"
tap_end
