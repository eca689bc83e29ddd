#!/bin/bash
# SPDX-License-Identifier: MIT
# --malloc=ledger in blocks beyond those with pages of their own, be they libc's, jemalloc's or
# tcmalloc's.  Then programs whose allocator is called and not we: linked into them, or preloaded
# before us.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$top/tests/tap.bash"
ffisan=${FFISAN_TEST_COMMAND:-$top/build/ffisan}
make -s -f "$top/tests/helper/Makefile" TOP="$top" || exit 1
make -s -f "$top/tests/robust/Makefile" TOP="$top" || exit 1

library_of() # NAME
{
    ldconfig -p | awk -v name="lib$1.so" 'index($1, name) == 1 { print $NF; exit }'
}

# Two hundred blocks of one place, most of which are freed as they should be, and no collection is
# forced: the last one has no pages of its own.
head='local ffi = require("ffi")
ffi.cdef[[
  typedef struct { int id; char name[28]; } item;
  void *malloc(size_t); void free(void *);
  void *memset(void *, int, size_t); char *strcpy(char *, const char *);
  int open(const char *, int, ...); intptr_t write(int, const void *, size_t);
]]
local C = ffi.C
local function new_item(id)
  local item = ffi.cast("item *", C.malloc(ffi.sizeof("item")))
  item.id = id
  return item
end
local sum, last = 0
for i = 1, 199 do
  local item = new_item(i)
  sum = sum + item.id
  if i < 199 then C.free(item) else last = item end
end
ffi.copy(last.name, "the last one")
'
tail='
for i = 1, 5000 do
  local item = new_item(i)
  sum = sum + item.id
  C.free(item)
end
print(sum)
'

run() # CODE COMMAND...: leaves $tmp/out, err, status
{
    printf '%s%s%s' "$head" "$1" "$tail" >"$tmp/items.lua"
    shift
    (cd "$tmp" && timeout -k 5 60 "$@" items.lua </dev/null >"$tmp/out" 2>"$tmp/err")
    echo $? >"$tmp/status"
}

found() # STATUS PATTERN...: reasons why that is not what was said, or nothing
{
    local pattern
    [ "$(cat "$tmp/status")" = "$1" ] || echo "exit status: expected $1, got $(cat "$tmp/status")"
    [ "$(cat "$tmp/out")" = 12522400 ] || echo "output: $(cat "$tmp/out")"
    shift
    tr -s ' \n' ' ' <"$tmp/err" >"$tmp/said" # sentences are wrapped
    for pattern; do
        grep -q -- "$pattern" "$tmp/said" || { echo "not there: $pattern"; head -n 12 "$tmp/err"; }
    done
}

silent() # reasons why not
{
    found 0
    grep -v 'has a malloc of its own' "$tmp/err"
}

check() # NAME REASONS
{
    verdict "$1" ${2:+"$2"}
}

written_late='C.free(last)
C.memset(last, 1, 4)'
freed_twice='C.free(last)
C.free(last)'
read_late='C.free(last)
local id = last.id'
handed_over='C.free(last)
C.write(C.open("/dev/null", 1), last, 8)'
lua_freed='C.free(ffi.new("item"))
C.free(last)'
lost='last = nil'
fine='C.memset(last, 1, ffi.sizeof("item"))
C.free(last)'

# What is seen of blocks that the allocator has handed out, with and without all of its frees.
certain() # ALLOCATOR COMMAND...
{
    local name=$1
    shift
    check "a write by C into freed memory, $name" "$(
        run "$written_late" "$@"
        found 66 'C memory was used after it had been freed' 'created at items.lua:10 in new_item' \
            'by free, called at items.lua:21' 'The content has changed since'
    )"
    check "a second free, $name" "$(
        run "$freed_twice" "$@"
        found 66 'C memory was freed twice' 'freed by free, called at items.lua:21'
    )"
    check "a read of freed memory, $name" "$(
        run "$read_late" "$@"
        found 66 'items.lua:22 local id = last.id' 'read of 4 bytes from memory that is gone' \
            'created at items.lua:10 in new_item' 'by free, called at items.lua:21'
    )"
    check "freed memory for the kernel, $name" "$(
        run "$handed_over" "$@"
        found 66 'use by the kernel (write) of 8 bytes of memory that is gone'
    )"
    check "memory of Lua is freed, $name" "$(
        run "$lua_freed" "$@"
        found 66 'invalid-free' 'memory belongs to Lua'
    )"
    check "a program that is fine, $name" "$(run "$fine" "$@" && silent)"
}

listed() # ALLOCATOR PRELOADED
{
    local name="blocks of $1"
    LD_PRELOAD=$2 certain "$name" "$ffisan" run --gc=natural --malloc=ledger -- luajit -joff
    check "the middle of a block is freed, $name" "$(
        LD_PRELOAD=$2 run 'C.free(last.name + 4)
C.free(last)' "$ffisan" run --gc=natural --malloc=ledger -- luajit -joff
        found 66 'invalid-free' 'pointer 8 bytes into it' 'created at items.lua:10'
    )"
    check "more than a block holds, $name" "$(
        LD_PRELOAD=$2 run 'C.strcpy(last.name, ("x"):rep(28))
C.free(last)' "$ffisan" run --gc=natural --malloc=ledger -- luajit -joff
        found 66 'write of 1 byte outside of a block' 'items.lua:21' 'C memory of 32 bytes, damaged just past its end'
    )"
    check "a block that is lost, $name" "$(
        LD_PRELOAD=$2 run "$lost" "$ffisan" run --gc=natural --malloc=ledger -- luajit -joff
        found 66 'nothing leads to it any more' 'created at items.lua:10 in new_item'
    )"
}

# Leaks, bounds and the middle of blocks need all frees to be known.
at_the_border() # NAME COMMAND...
{
    local name=$1
    shift
    certain "$name" "$@"
    check "what is lost cannot be known, $name" "$(run "$lost" "$@" && silent)"
    check "what is not watched is said, $name" "$(
        run "$fine" "$@"
        grep -q 'not everything was watched: the program has a malloc of its own' "$tmp/err" ||
            cat "$tmp/err"
    )"
}

# shellcheck disable=SC2016
first='LD_PRELOAD=$0:$LD_PRELOAD exec luajit -joff "$@"' # as scripts do that start programs
for name in libc jemalloc tcmalloc_minimal; do
    allocator=
    [ $name = libc ] || allocator=$(library_of $name)
    if [ $name != libc ] && [ -z "$allocator" ]; then
        verdict "$name" "lib$name is missing: run tests/deps.sh"
        continue
    fi
    listed "$name" "$allocator"
    [ $name = libc ] || at_the_border "$name is preloaded before us" \
        "$ffisan" run --gc=natural -- sh -c "$first" "$allocator"
done
at_the_border 'a malloc in the program' \
    "$ffisan" run --gc=natural -- "$top/build/tests/linked_host_own" --interpret
check '--malloc=0 leaves all of it alone' "$(
    run "$freed_twice$lost" "$ffisan" run --gc=natural --malloc=0 -- "$top/build/tests/linked_host_own" --interpret
    ! grep . "$tmp/err"
)"
tap_end
