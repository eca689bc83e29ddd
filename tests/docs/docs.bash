# SPDX-License-Identifier: MIT
# What the tests of the documents share.  Sourced by bash from a script in this folder.
# shellcheck shell=bash
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/tap.bash
. "$top/tests/tap.bash"
cd "$top" || exit 1
# shellcheck disable=SC2034
documents=(*.md docs/*.md)
