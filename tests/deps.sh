#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what a job needs on Debian 12, and only what is missing.
#
#   tests/deps.sh build   a C compiler and the libraries of the ffisan command
#   tests/deps.sh demo    a luajit command of any kind
#   tests/deps.sh test    all of the above, the host programs, and a second LuaJIT under build/deps
#
# Without root it installs nothing, names what is missing, and fails.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
deps=$top/build/deps
# Debian has two LuaJITs that cannot be installed together. nginx's Lua module needs OpenResty's,
# so that one goes into the system, and the upstream one is unpacked beside the build.
upstream=$deps/luajit-upstream

say() { printf 'tests/deps.sh: %s\n' "$*" >&2; }

is_installed()
{
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_of()
{
    for package; do
        is_installed "$package" || printf '%s ' "$package"
    done
}

update_lists()
{
    [ -z "${updated:-}" ] || return 0
    updated=1
    apt-get update -qq >"$log" 2>&1 || { say 'apt-get update failed:'; cat "$log" >&2; exit 1; }
}

# Packages of servers start their service when installed, unless this file forbids it.
forbid_services()
{
    [ -e /usr/sbin/policy-rc.d ] && return 0
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    our_policy=/usr/sbin/policy-rc.d
}

install()
{
    missing=$(missing_of "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        say "these packages are missing, and only root can install them: $missing"
        say "as root: apt-get install --no-install-recommends $missing"
        exit 1
    fi
    update_lists
    say "installing $missing"
    forbid_services
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing \
        </dev/null >"$log" 2>&1 || { say 'apt-get install failed:'; cat "$log" >&2; exit 1; }
}

# Unpacks packages below a directory of ours: nothing of the system changes. Works without root
# when the package lists are there.
unpack()
{
    where=$1
    shift
    [ -e "$where/.complete" ] && return 0
    command -v apt-get >/dev/null || { say 'no apt-get: cannot fetch a second LuaJIT'; exit 1; }
    apt-cache show "$1" >/dev/null 2>&1 || [ "$(id -u)" != 0 ] || update_lists
    say "unpacking $* into ${where#"$top"/}"
    rm -rf "$where"
    mkdir -p "$where/archives"
    (cd "$where/archives" && apt-get download "$@") >"$log" 2>&1 || {
        [ "$(id -u)" = 0 ] && update_lists
        (cd "$where/archives" && apt-get download "$@") >"$log" 2>&1
    } || { say 'apt-get download failed:'; cat "$log" >&2; exit 1; }
    for archive in "$where"/archives/*.deb; do
        dpkg -x "$archive" "$where"
    done
    rm -rf "$where/archives"
    : >"$where/.complete"
}

has_header() { printf '#include <%s>\n' "$1" | cc -E - >/dev/null 2>&1; }

# Compilers and libraries that come from elsewhere are as good.
need_build()
{
    command -v cc >/dev/null || install gcc
    has_header stdio.h || install libc6-dev
    has_header jansson.h || install libjansson-dev
    has_header elfutils/libdwfl.h || install libdw-dev
}

need_demo()
{
    command -v luajit >/dev/null || install luajit
}

need_test()
{
    need_build
    install gcc libc6-dev make luajit2 libluajit2-5.1-dev nginx libnginx-mod-http-lua lua-resty-core \
        apache2-utils wrk neovim knot-resolver valgrind perl clang-format shellcheck codespell \
        zlib1g libsqlite3-0 libexpat1 libxml2 libcurl4 libssl3 libjemalloc2 libtcmalloc-minimal4
    unpack "$upstream" luajit libluajit-5.1-2 libluajit-5.1-common
}

our_policy=
log=$(mktemp)
trap 'rm -f "$log" $our_policy' EXIT
trap 'exit 1' HUP INT TERM

case ${1:-test} in
build) need_build ;;
demo) need_demo ;;
test) need_test ;;
*)
    say "unknown job '$1': build, demo or test"
    exit 2
    ;;
esac
