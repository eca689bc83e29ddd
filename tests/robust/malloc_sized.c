/* SPDX-License-Identifier: MIT */
/*
 * A program that is linked with jemalloc, and frees and grows by functions that only jemalloc has:
 * a block from somewhere else would be the end of it.
 */
#include "lua_state.h"

void sdallocx(void *block, size_t size, int flags);
void dallocx(void *block, int flags);
void *rallocx(void *block, size_t size, int flags);
size_t sallocx(const void *block, int flags);

static const char code[] =
    "local ffi = require 'ffi'\n"
    "pcall(ffi.cdef, [[\n"
    "  void *malloc(size_t); void free(void *); char *strdup(const char *);\n"
    "  void dallocx(void *, int); size_t sallocx(const void *, int);\n"
    "]])\n"
    "local C, sum = ffi.C, 0\n"
    "for i = 1, 500 do\n"
    "  local a, b = C.strdup(('x'):rep(i)), ffi.cast('char *', C.malloc(i))\n"
    "  ffi.fill(b, C.sallocx(b, 0), 1)\n" /* more than was asked for, which jemalloc allows */
    "  sum = sum + #ffi.string(a) + (tonumber(C.sallocx(b, 0)) >= i and 1 or 0)\n"
    "  if i % 2 == 0 then C.dallocx(a, 0); C.free(b) else C.free(a); C.dallocx(b, 0) end\n"
    "end\n"
    "return sum\n";

int main(void)
{
    lua_State *L = open_state();

    for (size_t size = 1; size < 300; size++) {
        char *first = malloc(size), *second = malloc(size);
        memset(first, 1, sallocx(first, 0));
        sdallocx(first, size, 0);
        second = rallocx(second, size * 2, 0);
        memset(second, 2, size * 2);
        dallocx(second, 0);
        free(malloc(size * 3));
    }
    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(L, code));
    lua_close(L);
    return 3;
}
