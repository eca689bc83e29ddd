/* SPDX-License-Identifier: MIT */
#include "runtime/vm/cstack.h"

#include "runtime/fault/arch.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/unwinder.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>

struct ffisan_unwinder ffisan_unwinder;
struct ffisan_lock ffisan_unwinder_lock;

static const struct link_map *vm_module, *own_module;

/* Functions whose code libc chooses for the processor; it has no exported name there. */
static const char *const chosen_names[] = {
    "memcpy",       "memmove",       "mempcpy",   "memset",     "memcmp",       "memchr",
    "memrchr",      "rawmemchr",     "strlen",    "strnlen",    "strcpy",       "stpcpy",
    "strncpy",      "stpncpy",       "strcat",    "strncat",    "strcmp",       "strncmp",
    "strchr",       "strrchr",       "strchrnul", "strcasecmp", "strncasecmp",  "strstr",
    "strspn",       "strcspn",       "strpbrk",   "wcslen",     "wcsnlen",      "wcschr",
    "wcscmp",       "wmemset",       "wmemchr",   "wcscpy",     "__memcpy_chk", "__memmove_chk",
    "__memset_chk", "__mempcpy_chk",
};
enum { N_CHOSEN = sizeof(chosen_names) / sizeof(chosen_names[0]) };
static uintptr_t chosen[N_CHOSEN];

/* ---- Preparation ---------------------------------------------------------------------------- */

bool ffisan_unwinder_load(void)
{
    struct ffisan_unwinder found;
    int saved_errno = errno;
    if (ffisan_unwinder.backtrace)
        return true;
    void *library = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return false;
    *(void **)&found.backtrace = dlsym(library, "_Unwind_Backtrace");
    *(void **)&found.get_ip = dlsym(library, "_Unwind_GetIPInfo");
    *(void **)&found.get_cfa = dlsym(library, "_Unwind_GetCFA");
    *(void **)&found.function_start = dlsym(library, "_Unwind_FindEnclosingFunction");
    found.low = found.size = 0;
    ffisan_modules_range((uintptr_t)found.backtrace, &found.low, &found.size);
    if (found.backtrace && found.get_ip && found.get_cfa && found.function_start)
        ffisan_unwinder = found;
    ffisan_lock_at_risk = &ffisan_unwinder_lock;
    errno = saved_errno;
    return ffisan_unwinder.backtrace != NULL;
}

static void find_chosen(void)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    for (size_t i = 0; libc && i < N_CHOSEN; i++)
        chosen[i] = (uintptr_t)dlsym(libc, chosen_names[i]);
    if (libc)
        dlclose(libc);
}

void ffisan_cstack_prepare(uintptr_t vm_address)
{
    int saved_errno = errno;
    uintptr_t pc;
    ffisan_modules_prepare();
    vm_module = ffisan_modules_find(vm_address);
    if (own_module == NULL) {
        own_module = ffisan_modules_find((uintptr_t)ffisan_cstack_prepare);
        ffisan_unwinder_load();
        find_chosen();
        ffisan_cstack_capture(&pc, 1, NULL); /* libgcc's own first-time work */
    }
    errno = saved_errno;
}

/* ---- Capture -------------------------------------------------------------------------------- */

bool ffisan_cstack_is_vm(uintptr_t pc)
{
    return vm_module != NULL && ffisan_modules_find(pc) == vm_module;
}

struct capture {
    uintptr_t *pcs;
    size_t n, max;
    uintptr_t first; /* where the frames that count begin */
    bool has_begun;
};

/* In tests our code is part of the program. */
static bool is_own_module(const struct link_map *module)
{
    return module == own_module && !ffisan_modules_is_program(module);
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
    struct capture *capture = argument;
    int is_before = 0;
    uintptr_t ip = ffisan_unwinder.get_ip(context, &is_before);
    const struct link_map *module = ffisan_modules_find(ip);
    capture->has_begun |= ip == capture->first;
    if (capture->has_begun && !(module && is_own_module(module)) && capture->n < capture->max)
        capture->pcs[capture->n++] = is_before ? ip : ip - 1;
    return module && capture->n < capture->max ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

/* The unwinder reads the code at an address that it does not know: not if that is no code. */
static size_t capture_lost(uintptr_t *pcs, size_t max, const ucontext_t *context)
{
    size_t n = 0;
    pcs[n++] = ffisan_arch_pc(context);
    if (n < max && ffisan_arch_is_fetch(context)) {
        uintptr_t caller = ffisan_arch_return_address(context);
        if (ffisan_modules_find(caller) != NULL)
            pcs[n++] = caller - 1;
    }
    return n;
}

__attribute__((noinline)) size_t ffisan_cstack_capture(uintptr_t *pcs, size_t max,
                                                       const ucontext_t *context)
{
    struct capture capture = {.pcs = pcs, .max = max};
    if (max == 0)
        return 0;
    if (context && ffisan_modules_find(ffisan_arch_pc(context)) == NULL)
        return capture_lost(pcs, max, context);
    capture.first = context ? ffisan_arch_pc(context) : (uintptr_t)__builtin_return_address(0);
    if (ffisan_unwinder.backtrace && ffisan_lock_take(&ffisan_unwinder_lock)) {
        ffisan_unwinder.backtrace(visit, &capture);
        ffisan_lock_give(&ffisan_unwinder_lock);
    }
    if (capture.n == 0 && context)
        pcs[capture.n++] = ffisan_arch_pc(context);
    return capture.n;
}

/* ---- Names ---------------------------------------------------------------------------------- */

/* One file of libc has several entries in front of code that they share. */
static const char *find_chosen_name(uintptr_t pc, uintptr_t start)
{
    enum { ENTRIES_BEFORE = 0x80 };
    uintptr_t best = 0;
    const char *name = NULL;
    for (size_t i = 0; i < N_CHOSEN; i++)
        if (chosen[i] > best && chosen[i] <= pc && chosen[i] + ENTRIES_BEFORE >= start) {
            best = chosen[i];
            name = chosen_names[i];
        }
    return name;
}

/* libgcc may ask malloc, and whoever answers that may want a stack, while it holds its lock. */
static uintptr_t find_start(uintptr_t pc)
{
    if (ffisan_unwinder.function_start == NULL || !ffisan_lock_take(&ffisan_unwinder_lock))
        return 0;
    uintptr_t start = (uintptr_t)ffisan_unwinder.function_start((void *)(pc + 1));
    ffisan_lock_give(&ffisan_unwinder_lock);
    return start;
}

static const char *find_function(const struct link_map *module, uintptr_t pc)
{
    const char *name = ffisan_modules_function(module, pc);
    uintptr_t start = name ? 0 : find_start(pc);
    if (start == 0)
        return name;
    name = find_chosen_name(pc, start);
    return name ? name : ffisan_modules_thunk(module, start);
}

/* A library that is LuaJIT and nothing else, or LuaJIT's part of a program. */
static bool is_vm_frame(const struct link_map *module, const struct ffisan_cframe *frame)
{
    static const char *const prefixes[] = {"lua_", "luaL_", "luaJIT_", "luaopen_", "lj_"};
    if (module != vm_module)
        return false;
    if (frame->function == NULL || strncmp(frame->module, "libluajit", 9) == 0)
        return true;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(frame->function, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

bool ffisan_cstack_symbol(uintptr_t pc, struct ffisan_cframe *ret_frame)
{
    const struct link_map *module = ffisan_modules_find(pc);
    *ret_frame = (struct ffisan_cframe){0};
    if (module == NULL)
        return false;
    ret_frame->module = ffisan_modules_name(module);
    ret_frame->path = ffisan_modules_path(module);
    ret_frame->build = ffisan_modules_build_id(module, &ret_frame->build_size);
    ret_frame->offset = pc - module->l_addr;
    ret_frame->function = find_function(module, pc);
    ret_frame->is_vm = is_vm_frame(module, ret_frame);
    ret_frame->is_own = is_own_module(module);
    return true;
}

uintptr_t ffisan_cstack_end(uintptr_t here)
{
    enum { DEEPEST = 64 << 20, DEEPEST_UNKNOWN = 64 << 10 };
    uintptr_t ends[] = {(uintptr_t)pthread_self(), (uintptr_t)getauxval(AT_RANDOM)};
    uintptr_t end = here + DEEPEST_UNKNOWN;
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i] - here < DEEPEST)
            end = ends[i];
    return end & ~(uintptr_t)7;
}
