/* SPDX-License-Identifier: MIT */
/* C stacks: captured here, in callbacks of libc, at faults, and through code that nobody knows. */
#include "runtime/vm/cstack.h"
#include "tap.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MAX = 32 };

static char *volatile nowhere = (char *)0x1000;

static uintptr_t pcs[MAX];
static size_t n_pcs;
static unsigned n_mallocs;

/* Counts what a capture must not do. */
#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    n_mallocs++;
    return __libc_malloc(size);
}
#endif

/* libc's own functions: a sanitizer puts others in their place, the compiler inline code. */
static struct {
    void (*qsort)(void *, size_t, size_t, int (*)(const void *, const void *));
    int (*snprintf)(char *, size_t, const char *, ...);
    void *(*memcpy)(void *, const void *, size_t);
    void *(*memset)(void *, int, size_t);
    int (*memcmp)(const void *, const void *, size_t);
    char *(*strcpy)(char *, const char *);
    int (*strcmp)(const char *, const char *);
    int (*clock_gettime)(clockid_t, struct timespec *);
} libc;

static void find_libc(void)
{
    void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    *(void **)&libc.qsort = dlsym(library, "qsort");
    *(void **)&libc.snprintf = dlsym(library, "snprintf");
    *(void **)&libc.memcpy = dlsym(library, "memcpy");
    *(void **)&libc.memset = dlsym(library, "memset");
    *(void **)&libc.memcmp = dlsym(library, "memcmp");
    *(void **)&libc.strcpy = dlsym(library, "strcpy");
    *(void **)&libc.strcmp = dlsym(library, "strcmp");
    *(void **)&libc.clock_gettime = dlsym(library, "clock_gettime");
}

/* ---- Helpers --------------------------------------------------------------------------------- */

/* Keeps calls from becoming jumps, so that the caller's frame is there. */
static volatile int after;

__attribute__((noinline)) static void capture_here(void)
{
    n_pcs = ffisan_cstack_capture(pcs, MAX, NULL);
    after++;
}

static sigjmp_buf recovery;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    n_pcs = ffisan_cstack_capture(pcs, MAX, context);
    siglongjmp(recovery, 1);
}

#define AT_FAULT(call)                                                                             \
    do {                                                                                           \
        n_pcs = 0;                                                                                 \
        if (sigsetjmp(recovery, 1) == 0)                                                           \
            call;                                                                                  \
    } while (0)

static const char *module_at(size_t i)
{
    struct ffisan_cframe frame;
    return i < n_pcs && ffisan_cstack_symbol(pcs[i], &frame) ? frame.module : NULL;
}

static const char *function_at(size_t i)
{
    struct ffisan_cframe frame;
    return i < n_pcs && ffisan_cstack_symbol(pcs[i], &frame) ? frame.function : NULL;
}

static bool has_function(const char *name)
{
    for (size_t i = 0; i < n_pcs; i++)
        if (function_at(i) && strcmp(function_at(i), name) == 0)
            return true;
    return false;
}

static bool is_in(uintptr_t pc, const void *function, size_t size)
{
    return pc - (uintptr_t)function < size;
}

static char program_name[64];

/* ---- Captures -------------------------------------------------------------------------------- */

static void test_unprepared(void)
{
    n_pcs = ffisan_cstack_capture(pcs, MAX, NULL);
    TAP_OK(n_pcs == 0, "an unprepared capture is empty");
    AT_FAULT(*nowhere = 1);
    TAP_OK(n_pcs == 1, "at a fault it has the instruction");
}

static void test_here(void)
{
    capture_here();
    TAP_OK(n_pcs >= 3, "a stack has frames");
    TAP_OK(is_in(pcs[0], (void *)capture_here, 64), "it begins in the caller");
    TAP_TEXT(module_at(0), program_name, "in the program");
    TAP_OK(has_function("__libc_start_main"), "and reaches the start");
    TAP_OK(ffisan_cstack_capture(pcs, 2, NULL) == 2, "the limit holds");
    TAP_OK(ffisan_cstack_capture(pcs, 0, NULL) == 0, "even if it is none");
}

static int compare(const void *a, const void *b)
{
    (void)a, (void)b;
    capture_here();
    return 0;
}

static void test_callback(void)
{
    int numbers[4] = {4, 3, 2, 1};
    libc.qsort(numbers, 4, sizeof(numbers[0]), compare);
    TAP_TEXT(module_at(0), program_name, "a callback's stack begins in the program");
    TAP_OK(has_function("qsort_r") || has_function("qsort"), "passes through qsort");
    TAP_TEXT(module_at(2), "libc.so.6", "in libc");
    TAP_OK(has_function("__libc_start_main"), "and goes on to the start");
}

static void test_faults(void)
{
    char text[64] = "text";
    AT_FAULT(libc.snprintf(nowhere, 64, "%s", "Hello world"));
    TAP_TEXT(function_at(0), "vsnprintf", "libc's nameless function is known by its thunk");
    TAP_TEXT(function_at(1), "snprintf", "and is called by");
    TAP_TEXT(module_at(2), program_name, "the program");
    AT_FAULT(libc.snprintf(text, 64, "%s", nowhere));
    TAP_TEXT(function_at(0), "strlen", "what the processor's strlen is called");
    TAP_TEXT(function_at(1), "vfprintf", "the better of two thunks");
    TAP_OK(is_in(pcs[n_pcs > 4 ? 4 : 0], (void *)test_faults, 4096), "the caller's place is exact");
}

static void test_chosen(void)
{
    static char room[1 << 16];
    for (volatile size_t size = 1; size <= sizeof(room); size *= 4) {
        AT_FAULT(libc.memcpy(nowhere, room, size));
        TAP_TEXT(function_at(0), "memcpy", "memcpy");
        AT_FAULT(libc.memset(nowhere, 1, size));
        TAP_TEXT(function_at(0), "memset", "memset");
        AT_FAULT(libc.memcmp(nowhere, room, size));
        TAP_TEXT(function_at(0), "memcmp", "memcmp");
    }
    AT_FAULT(libc.strcpy(room, nowhere));
    TAP_TEXT(function_at(0), "strcpy", "strcpy");
    AT_FAULT(libc.strcmp(nowhere, room));
    TAP_TEXT(function_at(0), "strcmp", "strcmp");
}

static void test_nowhere(void)
{
    void (*volatile function)(void) = (void (*)(void))0x1000;
    AT_FAULT(function());
    TAP_OK(n_pcs == 2 && pcs[0] == 0x1000, "a call to nowhere has the address");
    TAP_TEXT(module_at(1), program_name, "and its caller");
    TAP_OK(module_at(0) == NULL, "and nowhere has no name");
}

/* mov rax, address; sub rsp, 8; call rax; add rsp, 8; ret */
static void write_caller(unsigned char *code, void (*function)(void))
{
    memcpy(code, "\x48\xb8........\x48\x83\xec\x08\xff\xd0\x48\x83\xc4\x08\xc3", 21);
    memcpy(code + 2, &function, sizeof(function));
}

static void touch_nowhere(void)
{
    *nowhere = 1;
    after++;
}

/* Code that was made at run time, as LuaJIT's is: no module, no unwind information. */
static void test_compiled_code(void)
{
    unsigned char *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void (*volatile run)(void) = (void (*)(void))(uintptr_t)code;
    write_caller(code, capture_here);
    run();
    TAP_OK(n_pcs == 2 && is_in(pcs[0], (void *)capture_here, 64), "a stack ends at unknown code");
    TAP_OK(is_in(pcs[1], code, 21), "whose address is in it");
    write_caller(code, touch_nowhere);
    AT_FAULT(run());
    TAP_OK(n_pcs == 2 && is_in(pcs[0], (void *)touch_nowhere, 64) && is_in(pcs[1], code, 21),
           "at a fault too");
    memcpy(code, "\xc6\x04\x25\x00\x10\x00\x00\x01\xc3", 9); /* mov byte [0x1000], 1; ret */
    AT_FAULT(run());
    TAP_OK(n_pcs == 1 && pcs[0] == (uintptr_t)code, "a fault in unknown code is all there is");
    munmap(code, 4096);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void test_names(void)
{
    struct ffisan_cframe frame;
    Dl_info info;
    int local;
    TAP_OK(dladdr((void *)gnu_get_libc_version, &info) != 0,
           "the loader knows gnu_get_libc_version");
    TAP_OK(ffisan_cstack_symbol((uintptr_t)gnu_get_libc_version + 1, &frame), "and so do we");
    TAP_TEXT(frame.function, "gnu_get_libc_version", "by name");
    TAP_TEXT(frame.module, "libc.so.6", "in its module");
    TAP_OK(frame.offset == (uintptr_t)gnu_get_libc_version + 1 - (uintptr_t)info.dli_fbase,
           "at its offset");
    TAP_OK(!frame.is_vm && !frame.is_own, "that is neither LuaJIT nor ffisan");
    TAP_OK(!ffisan_cstack_symbol((uintptr_t)&local, &frame) && frame.module == NULL,
           "a stack variable is in no module");
    TAP_OK(!ffisan_cstack_symbol(0, &frame), "nor is NULL");
    AT_FAULT(libc.clock_gettime(CLOCK_MONOTONIC, (struct timespec *)nowhere));
    TAP_OK(module_at(0) && n_pcs >= 2, "the kernel's own library has a name");
}

static void test_vm(void)
{
    struct ffisan_cframe frame;
    void *library = dlopen("libluajit-5.1.so.2", RTLD_NOW);
    uintptr_t address = library ? (uintptr_t)dlsym(library, "lua_newstate") : 0;
    if (address == 0) {
        TAP_OK(true, "LuaJIT's frames are marked # SKIP no libluajit here");
        return;
    }
    ffisan_cstack_prepare(address);
    TAP_OK(ffisan_cstack_symbol(address, &frame) && frame.is_vm, "LuaJIT's frames are marked");
    TAP_TEXT(frame.function, "lua_newstate", "and named");
    TAP_OK(ffisan_cstack_symbol((uintptr_t)gnu_get_libc_version, &frame) && !frame.is_vm,
           "others are not");
}

static void test_no_malloc(void)
{
    struct ffisan_cframe frame;
    unsigned before = n_mallocs;
    capture_here();
    for (size_t i = 0; i < n_pcs; i++)
        ffisan_cstack_symbol(pcs[i], &frame);
    AT_FAULT(libc.snprintf(nowhere, 64, "%s", "x"));
    for (size_t i = 0; i < n_pcs; i++)
        ffisan_cstack_symbol(pcs[i], &frame);
    TAP_OK(n_mallocs == before, "nothing of it allocates");
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    snprintf(program_name, sizeof(program_name), "%s", slash ? slash + 1 : argv[0]);
    sigaction(SIGSEGV, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 4096);
    find_libc();
    test_unprepared();
    ffisan_cstack_prepare(0);
    test_no_malloc();
    test_here();
    test_callback();
    test_faults();
    test_chosen();
    test_nowhere();
    test_compiled_code();
    test_names();
    test_vm();
    return tap_done();
}
