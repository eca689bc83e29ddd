/* SPDX-License-Identifier: MIT */
#include "wire/finding.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_at(const char *const *names, size_t n_names, unsigned index)
{
    return index < n_names ? names[index] : NULL;
}

const char *ffisan_severity_name(enum ffisan_severity severity)
{
    static const char *const names[] = {
        [FFISAN_SEVERITY_ERROR] = "error",
        [FFISAN_SEVERITY_WARNING] = "warning",
        [FFISAN_SEVERITY_LEAK] = "leak",
    };
    return name_at(names, LENGTH(names), (unsigned)severity);
}

const char *ffisan_kind_name(enum ffisan_kind kind)
{
    static const char *const names[] = {
#define FFISAN_KIND(id, name, title) [FFISAN_KIND_##id] = name,
#include "wire/kinds.def"
#undef FFISAN_KIND
    };
    return name_at(names, LENGTH(names), (unsigned)kind);
}

const char *ffisan_kind_title(enum ffisan_kind kind)
{
    static const char *const titles[] = {
#define FFISAN_KIND(id, name, title) [FFISAN_KIND_##id] = title,
#include "wire/kinds.def"
#undef FFISAN_KIND
    };
    return name_at(titles, LENGTH(titles), (unsigned)kind);
}

const char *ffisan_access_name(enum ffisan_access access)
{
    static const char *const names[] = {
        [FFISAN_ACCESS_READ] = "read", [FFISAN_ACCESS_WRITE] = "write",
        [FFISAN_ACCESS_CALL] = "call", [FFISAN_ACCESS_SYSCALL] = "syscall",
        [FFISAN_ACCESS_FREE] = "free",
    };
    return name_at(names, LENGTH(names), (unsigned)access);
}

const char *ffisan_holder_kind_name(enum ffisan_holder_kind kind)
{
    static const char *const names[] = {
        [FFISAN_HOLDER_CDATA] = "cdata",           [FFISAN_HOLDER_USERDATA] = "userdata",
        [FFISAN_HOLDER_C_VARIABLE] = "c-variable", [FFISAN_HOLDER_MALLOC] = "malloc",
        [FFISAN_HOLDER_STACK] = "stack",           [FFISAN_HOLDER_KERNEL] = "kernel",
    };
    return name_at(names, LENGTH(names), (unsigned)kind);
}

const char *ffisan_block_kind_name(enum ffisan_block_kind kind)
{
    static const char *const names[] = {
        [FFISAN_BLOCK_CDATA] = "cdata",       [FFISAN_BLOCK_STRING] = "string",
        [FFISAN_BLOCK_USERDATA] = "userdata", [FFISAN_BLOCK_BUFFER] = "buffer",
        [FFISAN_BLOCK_MALLOC] = "malloc",     [FFISAN_BLOCK_CALLBACK] = "callback",
        [FFISAN_BLOCK_LIBRARY] = "library",   [FFISAN_BLOCK_COROUTINE] = "coroutine",
        [FFISAN_BLOCK_STATIC] = "static",     [FFISAN_BLOCK_DESCRIPTOR] = "descriptor",
    };
    return name_at(names, LENGTH(names), (unsigned)kind);
}
