#!/bin/bash
# SPDX-License-Identifier: MIT
# Links in the documents lead to files of the tree and to headings that are there.
# shellcheck source=tests/docs/docs.bash
. "$(dirname "$0")/docs.bash"

# The anchors that a document has: its headings as GitHub names them.
anchors() # DOCUMENT
{
    awk '/^```/ { inside = !inside } !inside && /^#+ / { sub(/^#+ /, ""); print tolower($0) }' "$1" |
        LC_ALL=C.UTF-8 sed -E 's/`//g; s/[][(){}<>.,:;!?"'\''*+&=\/\\—–，。：；！？（）、“”「」]//g; s/ /-/g'
}

links() # DOCUMENT: lines "NUMBER TARGET", code left out
{
    awk '/^```/ { inside = !inside; next } !inside {
        line = $0
        gsub(/`[^`]*`/, "", line)
        while (match(line, /\]\([^) ]+\)/)) {
            print NR, substr(line, RSTART + 2, RLENGTH - 3)
            line = substr(line, RSTART + RLENGTH)
        }
    }' "$1"
}

broken() # DOCUMENT: lines with what is wrong
{
    local document=$1 number target file anchor
    while read -r number target; do
        [[ $target != http*://* && $target != mailto:* ]] || continue
        file=${target%%#*}
        anchor=
        [[ $target != *#* ]] || anchor=${target#*#}
        if [ -n "$file" ]; then file=$(dirname "$document")/$file; else file=$document; fi
        if [ ! -e "$file" ]; then
            echo "line $number: $target: there is no such file"
        elif [ -n "$anchor" ] && ! anchors "$file" | grep -qxF -- "$anchor"; then
            echo "line $number: $target: there is no such heading"
        fi
    done < <(links "$document")
}

for document in "${documents[@]}"; do
    reasons=$(broken "$document")
    verdict "links of $document" ${reasons:+"$reasons"}
done

reasons=$([ "$(links README.md | wc -l)" -gt 20 ] || echo 'README.md has few links: are they found?')
verdict 'links are found' ${reasons:+"$reasons"}
tap_end
