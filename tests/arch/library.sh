#!/bin/bash
# SPDX-License-Identifier: MIT
# What libffisan.so shows to a program and wants from it: symbols, libraries, properties.
#
#   tests/arch/library.sh --update     writes exports.list and imports.list anew
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/tests/tap.bash"

# What the linker leaves in the table as HIDDEN is for nobody.
exports() { readelf --dyn-syms -W "$library" | awk '$7 != "UND" && $6 == "DEFAULT" { sub(/@.*/, "", $8); print $8 }' | grep . | sort -u; }
imports() { nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u; }

if [ "${1:-}" = --update ]; then
    exports >"$here/exports.list"
    imports >"$here/imports.list"
    exit
fi

empty() # NAME LINES: there must be none
{
    verdict "$1" ${2:+"$2"}
}

export LC_ALL=C
exports >"$tmp/exports"
imports >"$tmp/imports"
[ -s "$tmp/exports" ] && [ -s "$tmp/imports" ]
verdict 'the library has symbols' ${?#0}
empty 'nothing is exported that is not in exports.list' "$(sort -u "$here/exports.list" | comm -13 - "$tmp/exports")"
empty 'all of exports.list is exported' "$(sort -u "$here/exports.list" | comm -23 - "$tmp/exports")"
empty 'nothing is imported that is not in imports.list' "$(sort -u "$here/imports.list" | comm -13 - "$tmp/imports")"
empty 'names of our own are only those that others call' \
    "$(grep -E 'ffisan' "$tmp/exports" | grep -vx ffisan_luainit)"
empty 'no allocation by malloc' "$(grep -xE 'malloc|calloc|realloc|free|strdup|asprintf|posix_memalign|getline' "$tmp/imports")"
empty 'no end of the process by exit' "$(grep -xE '_?_?exit|_Exit|quick_exit|atexit' "$tmp/imports")"
empty 'libc and libgcc_s are enough' \
    "$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | grep -vxE 'libc\.so\.6|libgcc_s\.so\.1|ld-linux.*')"
readelf -d "$library" | grep -q 'FLAGS_1.*NODELETE'
verdict 'the library stays loaded for ever' ${?#0}
empty 'no code is writable, no data executable' "$(readelf -lW "$library" | grep -E ' (RWE|WE) ')"
empty 'the stack is not executable' "$(readelf -lW "$library" | grep GNU_STACK | grep -E 'RWE')"
empty 'no relocation of code' "$(readelf -d "$library" | grep TEXTREL)"
readelf -d "$library" | grep -q 'SONAME.*\[libffisan.so\]'
verdict 'the library has its name' ${?#0}
tap_end
