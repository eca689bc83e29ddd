/* SPDX-License-Identifier: MIT */
/** The C types of the tests of vm/ctype.h, and what those tests share. */
#ifndef FFISAN_TESTS_VM_CTYPES_H
#define FFISAN_TESTS_VM_CTYPES_H

#include "runtime/vm/ctype.h"
#include "vm_host.h"

static const char vm_ctypes_declarations[] =
    "ffi.cdef [[\n"
    "struct foo { int a; void *p; char b[4]; };\n"
    "union bar { int a; struct foo f; };\n"
    "enum color { RED, GREEN };\n"
    "typedef struct { int x; } nameless_t;\n"
    "typedef nameless_t other_t;\n"
    "typedef const char *text_t;\n"
    "typedef int (*compare_t)(const void *, const void *);\n"
    "struct my_str_s { size_t len; unsigned char *data; };\n"
    "struct item { int id; const char *name; double weight; };\n"
    "struct bag { int n; struct item items[5]; struct { struct item *first, *last; } ends; };\n"
    "struct anonymous { int tag; union { void *ptr; uint64_t u64; struct { int lo, hi; }; };\n"
    "                   struct { char *text; struct { short s; void *deep; }; }; enum { ONE }; };\n"
    "union epoll_data { void *ptr; int fd; uint32_t u32; uint64_t u64; };\n"
    "union epoll_backwards { uint64_t u64; uint32_t u32; int fd; char raw[8]; void *ptr; };\n"
    "struct epoll_event { uint32_t events; union epoll_data data; } __attribute__((packed));\n"
    "struct bits { unsigned a:3; unsigned b:7; int c:20; bool d:1; int :0; unsigned e:9;\n"
    "              void *after; };\n"
    "struct flexible { void *owner; int n; struct my_str_s parts[]; };\n"
    "struct variable { int n; void *slots[?]; };\n"
    "struct variable_text { int n; char text[?]; };\n"
    "struct variable_odd { void *owner; short n; struct { int a, b, c; } cells[?]; };\n"
    "struct numbers { int64_t i64; uint64_t u64; size_t size; uintptr_t address; long l; int i;\n"
    "                 short s; char c; bool b; double d; float f; enum color e; };\n"
    "struct buffers { char text[12]; uint8_t raw[20]; char rows[4][4]; int8_t sign[16];\n"
    "                 uint16_t wide[8]; bool flags[16]; char one; };\n"
    "struct calls { compare_t compare; void (*plain)(void); void *data;\n"
    "               int (*(*nested)(int))(void); struct foo *(*list[3])(int); };\n"
    "struct matrix { double m[4][4]; void *grid[2][3]; struct item *rows[2]; };\n"
    "struct overlay { union { struct { int a; int b; void *c; } first;\n"
    "                         struct { char *d; uint64_t e; } second; char raw[16]; } u; };\n"
    "struct aligned { char c; void *p __attribute__((aligned(32))); };\n"
    "struct __attribute__((packed)) packed { char c; void *p; struct packed *next; };\n"
    "struct packed12 { void *p; int n; } __attribute__((packed));\n"
    "union integers { double d; char raw[24]; uint32_t half; uint64_t word; };\n"
    "struct qualified { const void *const p; volatile int64_t v; const struct foo inner; };\n"
    "struct constants { static const int LIMIT = 7; void *p; };\n"
    "struct simd { int64_t v __attribute__((vector_size(16))); complex z; void *p; };\n"
    "struct reference { int n; struct foo &r; };\n"
    "struct huge { void *p; double samples[100]; };\n"
    "struct huge_plain { double samples[100]; int n; };\n"
    "struct node { struct node *next;\n"
    "              union { text_t text; compare_t call; other_t *other; } u[2]; };\n"
    "struct empty { };\n"
    "struct unknown;\n"
    "extern int opterr;\n"
    "int getppid(void);\n"
    "]]\n";

/** One cdata object, on top of the stack. */
struct vm_ctypes_object {
    uint32_t id;
    size_t size;
    const uint8_t *payload;
};

static inline struct vm_ctypes_object vm_ctypes_top(struct vm_host *host)
{
    struct vm_ctypes_object object = {.payload = host->topointer(host->L, -1)};
    const struct lj_cdata *cdata = (const void *)(object.payload - sizeof(struct lj_cdata));
    object.id = cdata->ctypeid;
    if (cdata->marked & LJ_CDATA_VAR) {
        const void *address = (const char *)cdata - sizeof(struct lj_cdata_var);
        object.size = ((const struct lj_cdata_var *)address)->len;
    } else {
        object.size = ffisan_ctype_size(&host->vm, object.id);
    }
    return object;
}

static inline uint32_t vm_ctypes_id(struct vm_host *host, const char *declaration)
{
    const char *arguments[] = {declaration, NULL};
    bool is_done = vm_host_run_with(host, "return tonumber(ffi.typeof(...))", arguments);
    return is_done ? host->tonumber(host->L, 1) : 0;
}

/** Opens LuaJIT and declares the types above.  Returns false after a failed check. */
static inline bool vm_ctypes_init(struct vm_host *host, int argc, char **argv)
{
    vm_host_init(host, argc, argv);
    return TAP_OK(vm_host_find_ctypes(host), "the type table is found") &&
           vm_host_run(host, vm_ctypes_declarations);
}

#endif
