#!/bin/bash
# SPDX-License-Identifier: MIT
# The documents name what exists, and name it all: folders and files of the source, kinds, options,
# commands, the steps of the installation.
# shellcheck disable=SC2016 # backquotes are Markdown's
# shellcheck source=tests/docs/docs.bash
. "$(dirname "$0")/docs.bash"

# Paths in `code` of a document, and names of files of the source without a folder.
file_names() # DOCUMENT
{
    awk '/^```/ { inside = !inside; next } !inside' "$1" | grep -oE '`[^` ]+`' | tr -d '`' |
        grep -E '^(src|tests|docs|examples|bench|lua|include)/|\.(c|h|def|sh|bash|lua|md|list|1)$|^(Makefile|\.clang-format)$' | sort -u
}

missing_files() # DOCUMENT [ALLOWED-PATTERN]
{
    local name
    file_names "$1" | grep -vxE "${2:-}" | while read -r name; do
        [[ $name != *NAME* ]] || continue
        [ -e "$name" ] || [ -e "docs/$name" ] || [ -n "$(find src tests examples -name "${name##*/}" -path "*/$name" -print -quit)" ] ||
            echo "$name does not exist"
    done
}

check() # NAME LINES: there must be none
{
    verdict "$1" ${2:+"$2"}
}

for document in "${documents[@]}"; do
    case $document in
    # What is to come; and what a document has as an example of a user's program.
    docs/ROADMAP.md) allowed='ffisan\.(lua|h)' ;;
    docs/REPORT-FORMAT.md) allowed='mod\.lua|base\.lua' ;;
    *) allowed= ;;
    esac
    check "files that $document names exist" "$(missing_files "$document" "$allowed")"
done
[ "$(file_names docs/ARCHITECTURE.md | wc -l)" -gt 80 ] # else they are not found any more
verdict 'ARCHITECTURE.md names files' ${?#0}

check 'ARCHITECTURE.md has every folder of src' \
    "$(find src -mindepth 1 -type d | sort | while read -r folder; do
        grep -qE "^(###|\*\*)( |)$folder(:|\*\*)" docs/ARCHITECTURE.md || echo "$folder has no part in the map"
    done)"
check 'ARCHITECTURE.md has every module of the runtime, of base and of wire' \
    "$(find src/base src/wire src/runtime -name '*.[ch]' | sort | while read -r file; do
        module=${file##*/}
        grep -qE "\`${module%.?}\.[ch]\`" docs/ARCHITECTURE.md || echo "$file is not in the map"
    done)"
check 'the map in main.c has every module of the command' \
    "$(find src/cli -name '*.[ch]' | sort | while read -r file; do
        module=${file##*/}
        grep -qE "^ \*.*\b${module%.?}\.([ch]\b|\[ch\])" src/cli/main.c || [ "$module" = main.c ] || echo "$file is not in the map"
    done)"

# The READMEs.
kinds=$(sed -nE 's/^FFISAN_KIND\([A-Z_]+, "([a-z-]+)".*/\1/p' src/wire/kinds.def)
check 'there are kinds' "$([ -n "$kinds" ] || echo 'none were found in kinds.def')"
check 'DETECTORS.md has every kind' \
    "$(for kind in $kinds; do grep -qxF "## $kind" docs/DETECTORS.md || echo "$kind has no part"; done)"
for document in README.md README.zh-CN.md; do
    outside=$(awk '/<!-- bench:begin -->/ { inside = 1 } !inside { n++ } /<!-- bench:end -->/ { inside = 0 } END { print n }' "$document")
    check "$document is short" "$([ "$outside" -le 190 ] || echo "$outside lines without the table of costs, at most 190")"
    check "$document has a place for the costs" \
        "$([ "$(grep -cxE '<!-- bench:(begin|end) -->' "$document")" = 2 ] || echo 'the two comments are not there')"
    check "$document begins with the bug and the report" \
        "$(awk 'NR <= 30 && /^<!-- excerpt: examples\/article/ { a = 1 } NR <= 60 && a && /^SUMMARY: / { b = 1 }
            END { if (!b) print "not within the first 60 lines" }' "$document")"
    check "$document has every command" \
        "$("$ffisan" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' | while read -r command; do
            grep -qF "(docs/ffisan-$command.1)" "$document" || echo "$command"
        done)"
    check "options that $document names exist" \
        "$(sed -E 's/`-D[A-Z_]*`//g' "$document" | grep -oE -- '--[a-z][a-z-]+' | sort -u | while read -r option; do
            { for command in run resty show doctor; do "$ffisan" $command --help; done; echo --readme; } |
                grep -qE -- "$option([= ]|$)" || echo "$option"
        done)"
done
headings() { grep -cE '^## ' "$1"; }
check 'both READMEs have the same parts' \
    "$([ "$(headings README.md)" = "$(headings README.zh-CN.md)" ] || echo "$(headings README.md) and $(headings README.zh-CN.md)")"
code() { awk '/^```(sh|yaml)/ { inside = 1 } inside; /^```$/ { inside = 0 }' "$1"; }
targets() { grep -oE '\]\((tests|examples|docs)[^)]*\)' "$1" | sort; }
check 'both READMEs have the same commands' "$(diff <(code README.md) <(code README.zh-CN.md))"
check 'both READMEs lead to the same places' "$(diff <(targets README.md) <(targets README.zh-CN.md))"

# The installation as the README has it, below a folder of the test.
prefix=$tmp/usr/local
code README.md | sed -n 's/^sudo make/make -s/p' >"$tmp/install"
check 'the README installs the command and the library' \
    "$(DESTDIR=$tmp sh -e "$tmp/install" 2>&1
        [ -x "$prefix/bin/ffisan" ] || echo 'no command'
        [ -e "$prefix/share/man/man1/ffisan.1" ] || echo 'no manual page'
        "$prefix/bin/ffisan" doctor 2>&1 | grep -q "$prefix/lib/ffisan/libffisan.so" || echo 'the command does not find the library')"
packages=$(code README.md | sed -n 's/^sudo apt-get install //p')
check 'the README installs what tests/deps.sh says' \
    "$(for package in $(sed -nE 's/^need_build\(\) \{ install (.*); \}/\1/p' tests/deps.sh) luajit; do
        [[ " $packages " == *" $package "* ]] || echo "$package is missing"
    done)"
check 'the changelog has the version' \
    "$(version=$("$ffisan" --version | cut -d' ' -f2); grep -q "^## $version" CHANGELOG.md || echo "$version is not in it")"
tap_end
