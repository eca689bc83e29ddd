/* SPDX-License-Identifier: MIT */
/* Names are compared with tostring(ffi.typeof(x)); the rest of the file is bad input. */
#include "vm_ctypes.h"

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
    {"(function() ffi.cdef 'typedef struct { int x; } point_t;'"
     " return ffi.new('point_t[4]') end)()",
     "point_t [4]"},
    {"ffi.new('const point_t[?]', 2)", "const point_t [2]"},
    {"ffi.new('point_t *')", "point_t *"},
    {"(function() ffi.cdef 'typedef struct foo foo_t; typedef enum { CT_RED } color_t;'"
     " return ffi.new('foo_t') end)()",
     "struct foo"},
    {"ffi.new('color_t')", "color_t"},
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
        struct vm_ctypes_object object = vm_ctypes_top(host);
        ffisan_text_init(&name, buffer, sizeof(buffer));
        ffisan_ctype_object_name(&host->vm, object.id, object.size, &name);
        TAP_TEXT(buffer, objects[i].name, objects[i].expression);
    }
}

#define P FFISAN_SLOT_POINTER
#define F FFISAN_SLOT_FUNCTION
#define I FFISAN_SLOT_INTEGER
#define O FFISAN_SLOT_OTHER

static void test_scalars(struct vm_host *host)
{
    bool is_ref;
    const struct ffisan_vm *vm = &host->vm;
    vm_host_check(ffisan_ctype_is_pointer(vm, vm_ctypes_id(host, "char *"), &is_ref) && !is_ref,
                  "char *");
    vm_host_check(ffisan_ctype_is_pointer(vm, vm_ctypes_id(host, "compare_t"), &is_ref) && !is_ref,
                  "function pointer");
    vm_host_check(ffisan_ctype_is_pointer(vm, vm_ctypes_id(host, "struct foo &"), &is_ref) &&
                      is_ref,
                  "reference");
    vm_host_check(!ffisan_ctype_is_pointer(vm, vm_ctypes_id(host, "char[8]"), &is_ref) && !is_ref,
                  "an array is no pointer");
    vm_host_check(!ffisan_ctype_is_pointer(vm, vm_ctypes_id(host, "struct foo"), NULL),
                  "a struct is no pointer");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "char *"), 8, 0) == P, "char * at 0");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "char *"), 8, 4) == O, "char * at 4");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "char *"), 8, 8) == O, "behind char *");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "char *"), 4, 0) == O, "half a payload");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "int *__ptr32"), 4, 0) == O, "__ptr32");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "int (int)"), 8, 0) == F,
                  "function object");
    vm_host_check(ffisan_ctype_slot(vm, vm_ctypes_id(host, "uint64_t"), 8, 0) == I, "uint64_t");
    vm_host_check(ffisan_ctype_size(vm, vm_ctypes_id(host, "struct foo")) == 24,
                  "size of a struct");
    vm_host_check(ffisan_ctype_size(vm, vm_ctypes_id(host, "char[?]")) == 0, "no size of a VLA");
    vm_host_check(ffisan_ctype_size(vm, vm_ctypes_id(host, "struct variable")) == 8,
                  "size of a VLS");
    vm_host_check(ffisan_ctype_size(vm, vm_ctypes_id(host, "int (int)")) == 0,
                  "no size of a function");
    uint32_t id = vm_ctypes_id(host, "struct foo");
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
    ffisan_ctype_field(vm, vm_ctypes_id(host, "char *"), 8, 0, &path);
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
    ffisan_text_init(&text, buffer, sizeof(buffer));
    answers += ffisan_ctype_function_name(vm, id, &text);
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
    /* An attribute of itself, a struct with itself as a field entry, a union of itself twice. */
    fake_types[1] = (struct lj_ctype){.info = 8u << 28 | 1};
    fake_types[2] = (struct lj_ctype){.info = 1u << 28, .size = 64, .sib = 2};
    fake_types[3] = (struct lj_ctype){.info = 1u << 28 | 0x800000, .size = 8, .sib = 4};
    fake_types[4] = (struct lj_ctype){.info = 9u << 28 | 3, .sib = 5};
    fake_types[5] = (struct lj_ctype){.info = 9u << 28 | 3, .sib = 4};
    /* An array of itself, a pointer to itself. */
    fake_types[6] = (struct lj_ctype){.info = 3u << 28 | 6, .size = 64};
    fake_types[7] = (struct lj_ctype){.info = 2u << 28 | 7, .size = 8};
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
    if (vm_ctypes_init(&host, argc, argv)) {
        test_names(&host);
        test_object_names(&host);
        test_scalars(&host);
        test_bad_ids(&host);
    }
    test_cycles();
    test_random_tables();
    vm_host_fini(&host);
    return tap_done();
}
