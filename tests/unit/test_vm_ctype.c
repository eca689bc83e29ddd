/* SPDX-License-Identifier: MIT */
/*
 * Names are compared with tostring(ffi.typeof(x)).  Field paths are compared with LuaJIT's own idea
 * of where a field lies: Lua assigns to it, and the first byte that changes is its offset.
 */
#include "runtime/vm/ctype.h"
#include "vm_host.h"

static const char declarations[] =
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
    "struct calls { compare_t compare; void (*plain)(void); void *data; int (*(*nested)(int))(void);\n"
    "               struct foo *(*list[3])(int); };\n"
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
    "struct node { struct node *next; union { text_t text; compare_t call; other_t *other; } u[2]; };\n"
    "struct empty { };\n"
    "struct unknown;\n"
    "extern int opterr;\n"
    "int getppid(void);\n"
    "]]\n";

/* `expected` where LuaJIT's own answer is wrong. */
static const struct {
    const char *declaration;
    const char *expected;
} names[] = {
    {"int", NULL},
    {"unsigned int", NULL},
    {"char", NULL},
    {"signed char", NULL},
    {"unsigned char", NULL},
    {"const unsigned char", NULL},
    {"short", NULL},
    {"unsigned short", NULL},
    {"int64_t", NULL},
    {"unsigned long long", NULL},
    {"size_t", NULL},
    {"uintptr_t", NULL},
    {"wchar_t", NULL},
    {"bool", NULL},
    {"const bool", NULL},
    {"float", NULL},
    {"volatile double", NULL},
    {"long double", NULL},
    {"complex", NULL},
    {"complex float", NULL},
    {"const complex float", NULL},
    {"complex[2]", NULL},
    {"void", NULL},
    {"const volatile void *", NULL},
    {"char *", NULL},
    {"const char *const", NULL},
    {"const int *const *volatile", NULL},
    {"int *(*)[3]", NULL},
    {"int (*(*)[3])(int)", NULL},
    {"void (*)(int, ...)", NULL},
    {"void (*(*)(int))(char *)", NULL},
    {"const char *(*const)(void)", NULL},
    {"int (*[4])(void)", NULL},
    {"int (int)", NULL},
    {"struct foo *(struct foo *)", NULL},
    {"int[4]", NULL},
    {"int[2][3]", NULL},
    {"const int[4]", NULL},
    {"void *[4]", NULL},
    {"char[?]", NULL},
    {"const char[?]", NULL},
    {"int[?][3]", NULL},
    {"char[]", NULL},
    {"char (*)[?]", NULL},
    {"struct foo", NULL},
    {"const struct foo", NULL},
    {"struct foo[4]", NULL},
    {"struct foo *const[3]", NULL},
    {"const struct foo[4]", "const struct foo [4]"},
    {"const struct foo[4][2]", "const struct foo [4][2]"},
    {"const enum color[3]", "const enum color [3]"},
    {"const struct foo *volatile *[2]", NULL},
    {"union bar", NULL},
    {"const volatile union bar *", NULL},
    {"enum color", NULL},
    {"const enum color *", NULL},
    {"nameless_t", NULL},
    {"const nameless_t *", NULL},
    {"other_t[2]", NULL},
    {"struct { int q; }", NULL},
    {"union { int q; }[3]", NULL},
    {"enum { Q1, Q2 }", NULL},
    {"text_t", NULL},
    {"compare_t", NULL},
    {"compare_t *", NULL},
    {"int &", NULL},
    {"struct foo &", NULL},
    {"const struct foo &", NULL},
    {"struct foo *&", NULL},
    {"int (&)[3]", NULL},
    {"int (&)(void)", NULL},
    {"int *__ptr32", NULL},
    {"int *__ptr32 const *", NULL},
    {"int __attribute__((vector_size(16)))", NULL},
    {"const int __attribute__((vector_size(16)))", NULL},
    {"float __attribute__((vector_size(32)))[2]", NULL},
    {"float __attribute__((vector_size(32))) *", NULL},
    {"int __attribute__((aligned(32)))", NULL},
    {"struct foo *__attribute__((aligned(16))) *", NULL},
    {"struct unknown *", NULL},
    {"struct variable", NULL},
    {"va_list", NULL},
    {"char[0]", NULL},
    {"struct empty[3]", NULL},
    {"ptrdiff_t (*(*(*)[2])[3])[4]", NULL},
};

static void test_name(struct vm_host *host, const char *declaration, const char *expected)
{
    char buffer[600], quoted[600];
    struct ffisan_text name;
    const char *arguments[] = {declaration, NULL};
    if (!vm_host_run_with(host,
                          "local t = ffi.typeof(...)\n"
                          "return tonumber(t), tostring(t)",
                          arguments))
        return;
    uint32_t id = host->tonumber(host->L, 1);
    ffisan_text_init(&name, buffer, sizeof(buffer));
    ffisan_text_add(&name, "ctype<");
    vm_host_check(ffisan_ctype_name(&host->vm, id, &name), "named: %s", declaration);
    ffisan_text_add(&name, ">");
    snprintf(quoted, sizeof(quoted), "ctype<%s>", expected != NULL ? expected : "");
    TAP_TEXT(buffer, expected ? quoted : host->tolstring(host->L, 2, NULL), declaration);
}

static void test_names(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        test_name(host, names[i].declaration, names[i].expected);
}

/* One object on top of the stack. */
struct object {
    uint32_t id;
    size_t size;
    const uint8_t *payload;
};

static struct object top_object(struct vm_host *host)
{
    struct object object = {.payload = host->topointer(host->L, -1)};
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

static const struct {
    const char *expression;
    const char *name;
} objects[] = {
    {"ffi.new('char[?]', 1024)", "char [1024]"},
    {"ffi.new('const char[?]', 10)", "const char [10]"},
    {"ffi.new('int[?][3]', 7)", "int [7][3]"},
    {"ffi.new('struct foo[?]', 3)", "struct foo [3]"},
    {"ffi.new('struct foo *[?]', 3)", "struct foo *[3]"},
    {"ffi.new('const struct foo[?]', 5)", "const struct foo [5]"},
    {"ffi.new('char[?]', 0)", "char [0]"},
    {"ffi.new('char (*[?])[?]', 3)", "char (*[3])[?]"},
    {"ffi.new('struct variable', 9)", "struct variable"},
    {"ffi.new('struct my_str_s[1]')", "struct my_str_s [1]"},
    {"ffi.new('compare_t[?]', 2)", "int (*[2])()"},
    {"ffi.new('char *')", "char *"},
    {"ffi.new('struct aligned[?]', 2)", "struct aligned [2]"},
    {"ffi.C.getppid", "int ()"},
    {"debug.getfenv(ffi.C).opterr", "int &"},
    {"ffi.new('struct foo[2]')[1]", "struct foo &"},
    {"ffi.typeof('int')", "ctype"},
    {"7LL", "int64_t"},
    {"3i", "complex"},
};

static void test_object_names(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        char code[200], buffer[200];
        struct ffisan_text name;
        snprintf(code, sizeof(code), "local _ = ffi.C.getppid, ffi.C.opterr return %s",
                 objects[i].expression);
        if (!vm_host_run(host, code))
            continue;
        struct object object = top_object(host);
        ffisan_text_init(&name, buffer, sizeof(buffer));
        ffisan_ctype_object_name(&host->vm, object.id, object.size, &name);
        TAP_TEXT(buffer, objects[i].name, objects[i].expression);
    }
}

#define P FFISAN_SLOT_POINTER
#define F FFISAN_SLOT_FUNCTION
#define I FFISAN_SLOT_INTEGER
#define B FFISAN_SLOT_BYTES
#define O FFISAN_SLOT_OTHER

/* `path` is assigned to; `expected` is the path at its offset where that is another one. */
static const struct {
    const char *type;
    const char *length;
    const char *path;
    enum ffisan_slot_kind kind;
    const char *expected;
} fields[] = {
    {"struct foo", "", "a", O, NULL},
    {"struct foo", "", "p", P, NULL},
    {"struct foo", "", "b[2]", O, NULL},
    {"struct my_str_s[1]", "", "[0].data", P, "data"},
    {"struct my_str_s[1]", "", "[0].len", I, "len"},
    {"struct my_str_s[2]", "", "[1].data", P, NULL},
    {"struct my_str_s[?]", "1", "[0].data", P, "data"},
    {"struct my_str_s[?]", "9", "[8].data", P, NULL},
    {"struct bag", "", "n", O, NULL},
    {"struct bag", "", "items[0].name", P, NULL},
    {"struct bag", "", "items[3].name", P, NULL},
    {"struct bag", "", "items[4].weight", O, NULL},
    {"struct bag", "", "ends.first", P, NULL},
    {"struct bag", "", "ends.last", P, NULL},
    {"struct bag[3]", "", "[2].items[1].name", P, NULL},
    {"struct anonymous", "", "tag", O, NULL},
    {"struct anonymous", "", "ptr", P, NULL},
    {"struct anonymous", "", "u64", P, "ptr"},
    {"struct anonymous", "", "lo", P, "ptr"},
    {"struct anonymous", "", "text", P, NULL},
    {"struct anonymous", "", "s", O, NULL},
    {"struct anonymous", "", "deep", P, NULL},
    {"union epoll_data", "", "fd", P, "ptr"},
    {"union epoll_backwards", "", "u64", P, "ptr"},
    {"union epoll_backwards[2]", "", "[1].raw[0]", P, "[1].ptr"},
    {"struct epoll_event", "", "events", O, NULL},
    {"struct epoll_event", "", "data.ptr", P, NULL},
    {"struct epoll_event[4]", "", "[3].data.u64", P, "[3].data.ptr"},
    {"struct bits", "", "a", O, NULL},
    {"struct bits", "", "c", O, "b"},
    {"struct bits", "", "d", O, "c"},
    {"struct bits", "", "e", O, NULL},
    {"struct bits", "", "after", P, NULL},
    {"struct flexible", "", "owner", P, NULL},
    {"struct variable", "5", "n", O, NULL},
    {"struct variable", "5", "slots[0]", P, NULL},
    {"struct variable", "5", "slots[4]", P, NULL},
    {"struct variable_text", "40", "text[4]", B, NULL},
    {"struct variable_text", "40", "text[32]", B, NULL},
    {"struct variable_text", "40", "text[33]", O, NULL},
    {"struct variable_odd", "3", "owner", P, NULL},
    {"struct variable_odd", "3", "cells[2].b", O, NULL},
    {"struct numbers", "", "i64", I, NULL},
    {"struct numbers", "", "u64", I, NULL},
    {"struct numbers", "", "size", I, NULL},
    {"struct numbers", "", "address", I, NULL},
    {"struct numbers", "", "l", I, NULL},
    {"struct numbers", "", "i", O, NULL},
    {"struct numbers", "", "s", O, NULL},
    {"struct numbers", "", "c", O, NULL},
    {"struct numbers", "", "b", O, NULL},
    {"struct numbers", "", "d", O, NULL},
    {"struct numbers", "", "f", O, NULL},
    {"struct numbers", "", "e", O, NULL},
    {"struct buffers", "", "text[0]", B, NULL},
    {"struct buffers", "", "text[4]", B, NULL},
    {"struct buffers", "", "text[5]", O, NULL},
    {"struct buffers", "", "raw[12]", B, NULL},
    {"struct buffers", "", "rows[1][2]", B, NULL},
    {"struct buffers", "", "rows[3][1]", O, NULL},
    {"struct buffers", "", "sign[8]", B, NULL},
    {"struct buffers", "", "wide[2]", O, NULL},
    {"struct buffers", "", "flags[3]", O, NULL},
    {"struct buffers", "", "one", O, NULL},
    {"struct calls", "", "compare", F, NULL},
    {"struct calls", "", "plain", F, NULL},
    {"struct calls", "", "data", P, NULL},
    {"struct calls", "", "nested", F, NULL},
    {"struct calls", "", "list[2]", F, NULL},
    {"struct matrix", "", "m[2][3]", O, NULL},
    {"struct matrix", "", "grid[1][2]", P, NULL},
    {"struct matrix", "", "rows[1]", P, NULL},
    {"struct overlay", "", "u.first.a", P, "u.second.d"},
    {"struct overlay", "", "u.first.b", B, "u.raw[4]"},
    {"struct overlay", "", "u.second.e", P, "u.first.c"},
    {"struct overlay", "", "u.raw[12]", O, "u.first.c"},
    {"struct aligned", "", "p", P, NULL},
    {"struct aligned[?]", "3", "[2].p", P, NULL},
    {"struct packed", "", "p", P, NULL},
    {"struct packed[3]", "", "[1].next", P, NULL},
    {"struct packed12[3]", "", "[1].p", P, NULL},
    {"struct packed12[1]", "", "[0].n", O, "n"},
    {"union integers", "", "d", I, "word"},
    {"union integers", "", "raw[8]", B, NULL},
    {"union integers", "", "raw[17]", O, NULL},
    {"struct constants", "", "p", P, NULL},
    {"struct simd", "", "p", P, NULL},
    {"struct huge", "", "p", P, NULL},
    {"struct huge", "", "samples[99]", O, NULL},
    {"struct huge_plain", "", "n", O, NULL},
    {"struct node", "", "next", P, NULL},
    {"struct node", "", "u[1].other", P, "u[1].text"},
    {"struct node[2]", "", "[1].u[0].call", P, "[1].u[0].text"},
    {"void *[4]", "", "[2]", P, NULL},
    {"void *[1]", "", "[0]", P, NULL},
    {"char[?]", "100", "[17]", B, NULL},
    {"uint8_t[16]", "", "[8]", B, NULL},
    {"uint8_t[16]", "", "[9]", O, NULL},
    {"char[?][4]", "9", "[3][1]", B, NULL},
    {"int64_t[3]", "", "[1]", I, NULL},
    {"double[3]", "", "[1]", O, NULL},
    {"compare_t[?]", "3", "[2]", F, NULL},
    {"int[2][3]", "", "[1][2]", O, NULL},
};

static const char assign[] =
    "local type_, length, path = ...\n"
    "local o = length == '' and ffi.new(type_) or ffi.new(type_, tonumber(length))\n"
    "ffi.fill(o, ffi.sizeof(o))\n"
    "local place = 'o' .. (path:sub(1, 1) == '[' and '' or '.') .. path\n"
    "local code = 'local o, ffi = ...; local v = ' .. place .. '\\n'\n"
    "  .. ([[if type(v) == 'cdata' and tostring(v):find '^%-?%d+U?LL' then\n"
    "         v = 0x1122334455667788ULL\n"
    "       elseif type(v) == 'cdata' and tostring(v):find 'enum' then\n"
    "         v = 1\n"
    "       elseif type(v) == 'cdata' then\n"
    "         v = ffi.cast(ffi.typeof(v), 0x1122334455667788ULL)\n"
    "       elseif type(v) == 'boolean' then\n"
    "         v = true\n"
    "       else\n"
    "         PLACE = 1/3\n"
    "         v = PLACE == 0 and -1 or 1/3\n"
    "       end\n"
    "       PLACE = v]]):gsub('PLACE', place)\n"
    "assert(loadstring(code))(o, ffi)\n"
    "return o";

static size_t first_nonzero(const struct object *object)
{
    size_t offset = 0;
    while (offset < object->size && object->payload[offset] == 0)
        offset++;
    return offset;
}

static void test_field(struct vm_host *host, size_t i)
{
    char buffer[200], label[200];
    struct ffisan_text path;
    const char *arguments[] = {fields[i].type, fields[i].length, fields[i].path, NULL};
    snprintf(label, sizeof(label), "%s: %s", fields[i].type, fields[i].path);
    if (!vm_host_run_with(host, assign, arguments))
        return;
    struct object object = top_object(host);
    size_t offset = first_nonzero(&object);
    ffisan_text_init(&path, buffer, sizeof(buffer));
    enum ffisan_slot_kind kind =
        ffisan_ctype_field(&host->vm, object.id, object.size, offset, &path);
    TAP_TEXT(buffer, fields[i].expected ? fields[i].expected : fields[i].path, label);
    vm_host_check(kind == fields[i].kind, "%s at %zu is %d, got %d", label, offset,
                  (int)fields[i].kind, (int)kind);
}

/* Slots and maps agree at every offset of every type above. */
static void test_agreement(struct vm_host *host, size_t i)
{
    char buffer[200];
    struct ffisan_text path;
    struct ffisan_ctype_map map;
    const char *arguments[] = {fields[i].type, fields[i].length, NULL};
    bool agrees = true, has_pointers = false, has_evidence = false, has_unaligned = false;
    if (!vm_host_run_with(host,
                          "local t, n = ...\n"
                          "return n == '' and ffi.new(t) or ffi.new(t, tonumber(n))",
                          arguments))
        return;
    struct object object = top_object(host);
    ffisan_ctype_map(&host->vm, object.id, &map);
    for (size_t offset = 0; offset < object.size; offset++) {
        ffisan_text_init(&path, buffer, sizeof(buffer));
        enum ffisan_slot_kind slot =
            ffisan_ctype_slot(&host->vm, object.id, object.size, offset);
        enum ffisan_slot_kind field =
            ffisan_ctype_field(&host->vm, object.id, object.size, offset, &path);
        agrees = agrees && slot == field;
        if (offset % 8 == 0 && offset + 8 <= object.size && map.stride != 0)
            agrees = agrees && slot == ffisan_ctype_map_at(&map, offset);
        has_pointers |= slot == P || slot == F;
        has_unaligned |= (slot == P || slot == F) && offset % 8 != 0;
        has_evidence |= (slot == I || slot == B) && offset % 8 == 0;
    }
    vm_host_check(agrees, "%s: slot, field and map agree", fields[i].type);
    vm_host_check(has_pointers == map.has_pointers && has_unaligned == map.has_unaligned &&
                      (!has_evidence || map.has_evidence),
                  "%s: the map's summary is true", fields[i].type);
}

static uint32_t id_of(struct vm_host *host, const char *declaration)
{
    const char *arguments[] = {declaration, NULL};
    bool is_done = vm_host_run_with(host, "return tonumber(ffi.typeof(...))", arguments);
    return is_done ? host->tonumber(host->L, 1) : 0;
}

static const struct {
    const char *declaration;
    uint32_t stride, tail;
    const char *kinds; /* o p f i b */
} maps[] = {
    {"struct my_str_s[1]", 16, 0, "ip"},
    {"struct my_str_s[?]", 16, 0, "ip"},
    {"struct foo", 24, 0, "opo"},
    {"struct item[7][2]", 24, 0, "opo"},
    {"void *[4]", 8, 0, "p"},
    {"char[1024]", 8, 0, "b"},
    {"char[?][3]", 8, 0, "b"},
    {"int[5]", 8, 0, "o"},
    {"struct variable", 8, 8, "op"},
    {"struct variable_text", 8, 8, "ob"},
    {"struct flexible", 16, 16, "poip"},
    {"struct variable_odd", 24, 16, "poooo"},
    {"struct epoll_event[2]", 24, 0, "oop"},
    {"struct epoll_event[?]", 24, 0, "oop"},
    {"union epoll_data", 8, 0, "p"},
    {"compare_t", 8, 0, "f"},
    {"struct foo &", 8, 0, "p"},
    {"int (int)", 8, 0, "f"},
    {"char", 8, 0, "o"},
    {"struct simd", 48, 0, "iioopo"},
    {"struct huge", 0, 0, ""},
    {"struct unknown *", 8, 0, "p"},
};

static void test_maps(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        struct ffisan_ctype_map map;
        char kinds[64] = "";
        ffisan_ctype_map(&host->vm, id_of(host, maps[i].declaration), &map);
        for (size_t j = 0; j < map.n_slots; j++)
            kinds[j] = "opfib"[map.kinds[j]];
        vm_host_check(map.stride == maps[i].stride && map.tail == maps[i].tail,
                      "%s: stride %u, tail %u", maps[i].declaration, map.stride, map.tail);
        TAP_TEXT(kinds, maps[i].kinds, maps[i].declaration);
    }
    struct ffisan_ctype_map map;
    ffisan_ctype_map(&host->vm, id_of(host, "struct huge"), &map);
    vm_host_check(map.has_pointers && !map.has_evidence, "large struct with a pointer");
    ffisan_ctype_map(&host->vm, id_of(host, "struct huge_plain"), &map);
    vm_host_check(!map.has_pointers && !map.has_evidence, "large struct without pointers");
    ffisan_ctype_map(&host->vm, id_of(host, "struct epoll_event[2]"), &map);
    vm_host_check(map.has_unaligned, "a packed struct's pointers are unaligned");
}

/* struct, field: offsets as ffi.offsetof gives them. */
static const char *const offsets[][2] = {
    {"struct bag", "ends"},       {"struct anonymous", "deep"}, {"struct reference", "r"},
    {"struct qualified", "p"},    {"struct qualified", "v"},    {"struct simd", "v"},
    {"struct aligned", "p"},      {"struct packed", "next"},    {"struct calls", "nested"},
    {"struct variable", "slots"}, {"struct flexible", "parts"}, {"struct bits", "e"},
};

static void test_offsets(struct vm_host *host)
{
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char buffer[100];
        struct ffisan_text path;
        const char *arguments[] = {offsets[i][0], offsets[i][1], NULL};
        ffisan_text_init(&path, buffer, sizeof(buffer));
        if (!vm_host_run_with(host,
                              "local t, f = ... t = ffi.typeof(t)\n"
                              "return ffi.offsetof(t, f), tonumber(t)",
                              arguments))
            continue;
        size_t offset = host->tonumber(host->L, 1);
        ffisan_ctype_field(&host->vm, host->tonumber(host->L, 2), 4096, offset, &path);
        size_t length = strlen(offsets[i][1]);
        vm_host_check(strncmp(buffer, offsets[i][1], length) == 0 &&
                          strchr(".[", buffer[length]) != NULL,
                      "%s.%s lies at %zu: %s", offsets[i][0], offsets[i][1], offset, buffer);
    }
    uint32_t id = id_of(host, "struct reference");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 16, 8) == P, "a reference field is a pointer");
    id = id_of(host, "struct qualified");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 40, 8) == I, "a volatile integer is evidence");
    vm_host_check(ffisan_ctype_slot(&host->vm, id, 40, 24) == P, "a const struct has its fields");
    vm_host_check(ffisan_ctype_slot(&host->vm, id_of(host, "struct simd"), 48, 8) == I,
                  "a vector of 64-bit integers is evidence");
}

static void test_scalars(struct vm_host *host)
{
    bool is_ref;
    const struct ffisan_vm *vm = &host->vm;
    vm_host_check(ffisan_ctype_is_pointer(vm, id_of(host, "char *"), &is_ref) && !is_ref, "char *");
    vm_host_check(ffisan_ctype_is_pointer(vm, id_of(host, "compare_t"), &is_ref) && !is_ref,
                  "function pointer");
    vm_host_check(ffisan_ctype_is_pointer(vm, id_of(host, "struct foo &"), &is_ref) && is_ref,
                  "reference");
    vm_host_check(!ffisan_ctype_is_pointer(vm, id_of(host, "char[8]"), &is_ref) && !is_ref,
                  "an array is no pointer");
    vm_host_check(!ffisan_ctype_is_pointer(vm, id_of(host, "struct foo"), NULL),
                  "a struct is no pointer");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "char *"), 8, 0) == P, "char * at 0");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "char *"), 8, 4) == O, "char * at 4");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "char *"), 8, 8) == O, "behind char *");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "char *"), 4, 0) == O, "half a payload");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "int *__ptr32"), 4, 0) == O, "__ptr32");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "int (int)"), 8, 0) == F, "function object");
    vm_host_check(ffisan_ctype_slot(vm, id_of(host, "uint64_t"), 8, 0) == I, "uint64_t");
    vm_host_check(ffisan_ctype_size(vm, id_of(host, "struct foo")) == 24, "size of a struct");
    vm_host_check(ffisan_ctype_size(vm, id_of(host, "char[?]")) == 0, "no size of a VLA");
    vm_host_check(ffisan_ctype_size(vm, id_of(host, "struct variable")) == 8, "size of a VLS");
    vm_host_check(ffisan_ctype_size(vm, id_of(host, "int (int)")) == 0, "no size of a function");
    uint32_t id = id_of(host, "struct foo");
    char buffer[20];
    struct ffisan_text path;
    ffisan_text_init(&path, buffer, sizeof(buffer));
    vm_host_check(ffisan_ctype_field(vm, id, 24, 5, &path) == O && path.length == 0,
                  "padding has no path");
    ffisan_text_init(&path, buffer, sizeof(buffer));
    ffisan_text_add(&path, "x");
    ffisan_ctype_field(vm, id, 24, 8, &path);
    TAP_TEXT(buffer, "xp", "the path is appended");
    ffisan_text_init(&path, buffer, sizeof(buffer));
    ffisan_ctype_field(vm, id_of(host, "char *"), 8, 0, &path);
    TAP_TEXT(buffer, "", "a pointer has no path");
}

/* A table of our own making. */
static struct lj_ctype fake_types[64];
static struct lj_ctype_state fake_state;
static uint64_t fake_global;

static struct ffisan_vm fake_vm(uint32_t top)
{
    struct ffisan_vm vm = {.g = (uintptr_t)&fake_global};
    memset(&vm.layout, 0xff, sizeof(vm.layout));
    vm.layout.ctype_state = 0;
    fake_state = (struct lj_ctype_state){(uintptr_t)fake_types, top, 64};
    fake_global = (uintptr_t)&fake_state;
    return vm;
}

static unsigned answers; /* keeps the calls */

static void ask_everything(const struct ffisan_vm *vm, uint32_t id)
{
    char buffer[80];
    struct ffisan_text text;
    struct ffisan_ctype_map map;
    static const size_t asked[] = {0, 4, 8, 1000};
    ffisan_text_init(&text, buffer, sizeof(buffer));
    answers += ffisan_ctype_name(vm, id, &text);
    answers += ffisan_ctype_object_name(vm, id, 4096, &text);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        answers += ffisan_ctype_field(vm, id, 4096, asked[i], &text);
    answers += ffisan_ctype_size(vm, id);
    answers += ffisan_ctype_is_pointer(vm, id, NULL);
    ffisan_ctype_map(vm, id, &map);
    answers += map.stride;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void test_random_tables(void)
{
    struct {
        struct lj_str head;
        char data[8];
    } name = {.head = {.gct = LJ_GCT_STR, .len = 4}, .data = "name"};
    uint64_t state = 20240229;
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 64; i++) {
            struct lj_ctype *type = &fake_types[i];
            uint32_t kind = next_random(&state) % 3 == 0 ? 1 : next_random(&state) % 16;
            type->info = kind << 28 | (next_random(&state) & 0x0fff0000) | next_random(&state) % 66;
            type->size = next_random(&state) % 4 == 0 ? next_random(&state) : i % 5 * 8;
            type->sib = next_random(&state) % 66;
            type->name = next_random(&state) % 2 ? (uintptr_t)&name : 0;
        }
        struct ffisan_vm vm = fake_vm(64);
        for (uint32_t id = 0; id < 66; id++)
            ask_everything(&vm, id);
    }
    vm_host_check(true, "random tables do no harm (%u)", answers);
}

static void test_cycles(void)
{
    struct ffisan_vm vm = fake_vm(8);
    memset(fake_types, 0, sizeof(fake_types));
    fake_types[1] = (struct lj_ctype){.info = 8u << 28 | 1};                       /* attribute */
    fake_types[2] = (struct lj_ctype){.info = 1u << 28, .size = 64, .sib = 2};     /* its own sib */
    fake_types[3] = (struct lj_ctype){.info = 1u << 28 | 0x800000, .size = 64, .sib = 4}; /* union */
    fake_types[4] = (struct lj_ctype){.info = 9u << 28 | 3, .sib = 5};
    fake_types[5] = (struct lj_ctype){.info = 9u << 28 | 3, .sib = 4};
    fake_types[6] = (struct lj_ctype){.info = 3u << 28 | 6, .size = 64};           /* array */
    fake_types[7] = (struct lj_ctype){.info = 2u << 28 | 7, .size = 8};            /* pointer */
    for (uint32_t id = 0; id < 10; id++)
        ask_everything(&vm, id);
    char buffer[80];
    struct ffisan_text text;
    ffisan_text_init(&text, buffer, sizeof(buffer));
    vm_host_check(!ffisan_ctype_name(&vm, 7, &text), "a pointer to itself has no name");
    TAP_TEXT(buffer, "?", "and is printed as ?");
}

static void test_bad_ids(struct vm_host *host)
{
    static const uint32_t ids[] = {0, 60000, 65535, 65536, UINT32_MAX};
    char buffer[80];
    struct ffisan_text text;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        ffisan_text_init(&text, buffer, sizeof(buffer));
        ask_everything(&host->vm, ids[i]);
        vm_host_check(!ffisan_ctype_name(&host->vm, ids[i], &text) && strcmp(buffer, "?") == 0,
                      "id %u is unknown", ids[i]);
    }
    struct ffisan_vm blind = host->vm;
    blind.layout.ctype_state = FFISAN_NO_OFFSET;
    ask_everything(&blind, 9);
    struct ffisan_ctype_map map;
    ffisan_ctype_map(&blind, 9, &map);
    vm_host_check(map.stride == 0 && map.has_pointers, "without a table: look everywhere");
}

int main(int argc, char **argv)
{
    struct vm_host host;
    vm_host_init(&host, argc, argv);
    if (TAP_OK(vm_host_find_ctypes(&host), "the type table is found") && vm_host_run(&host, declarations)) {
        test_names(&host);
        test_object_names(&host);
        test_scalars(&host);
        test_offsets(&host);
        test_maps(&host);
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            test_field(&host, i);
            test_agreement(&host, i);
        }
        test_bad_ids(&host);
    }
    test_cycles();
    test_random_tables();
    vm_host_fini(&host);
    return tap_done();
}
