/* SPDX-License-Identifier: MIT */
/*
 * Programs that ask malloc for much while Lua runs, and strain whoever answers.  `robust_malloc
 * NAME`; the output is the same whether anybody watches or not.
 */
#include "malloc_host.h"

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Blocks of all sizes: grown, shrunk, cleared, aligned, made by libc; kept, and freed in turn. */
const char work[] =
    "local ffi = require 'ffi'\n"
    "pcall(ffi.cdef, [[\n"
    "  void *malloc(size_t); void *calloc(size_t, size_t); void *realloc(void *, size_t);\n"
    "  void *reallocarray(void *, size_t, size_t); void free(void *); char *strdup(const char *);\n"
    "  int posix_memalign(void **, size_t, size_t); int asprintf(char **, const char *, ...);\n"
    "]])\n"
    "local C, keep, sum = ffi.C, {}, 0\n"
    "local text, aligned = ffi.new('char *[1]'), ffi.new('void *[1]')\n"
    "for i = 1, 300 do\n"
    "  local a = ffi.cast('uint8_t *', C.malloc(i * 7))\n"
    "  ffi.fill(a, i * 7, i % 256)\n"
    "  a = ffi.cast('uint8_t *', C.realloc(a, i * 20))\n"
    "  sum = sum + a[i * 7 - 1]\n"
    "  local b = ffi.cast('uint32_t *', C.calloc(i, 4))\n"
    "  sum = sum + b[i - 1]\n"
    "  local c = C.strdup('text ' .. i)\n"
    "  sum = sum + #ffi.string(c)\n"
    "  assert(C.asprintf(text, '%s and %d', c, ffi.cast('int', i)) > 0)\n"
    "  sum = sum + #ffi.string(text[0])\n"
    "  assert(C.posix_memalign(aligned, 256, i) == 0)\n"
    "  sum = sum + tonumber(ffi.cast('uintptr_t', aligned[0]) % 256)\n"
    "  local d = ffi.cast('uint8_t *', C.reallocarray(C.reallocarray(nil, i, 2), i, 30))\n"
    "  for _, block in ipairs(keep[i % 20] or {}) do C.free(block) end\n"
    "  keep[i % 20] = { a, b, c, text[0], aligned[0], d }\n"
    "end\n"
    "for _, blocks in pairs(keep) do for _, block in ipairs(blocks) do C.free(block) end end\n"
    "return sum\n";

static int plain_work(void)
{
    lua_State *L = open_state();

    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(L, work));
    return close_state(L);
}

/* ---- Files and processes -------------------------------------------------------------------- */

static int closed_descriptors(void)
{
    lua_State *L = open_state();

    printf("%ld\n", run(L, work));
    fflush(stdout);
    for (int fd = 0; fd < 256; fd++)
        if (fd != STDOUT_FILENO)
            close(fd);
    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(L, work));
    printf("%d\n", dup(STDOUT_FILENO));
    return close_state(L);
}

static int vforks(void)
{
    lua_State *L = open_state();
    char *volatile from_child = NULL;
    int status = 0;

    for (volatile int i = 0; i < 20; i++) {
        char *volatile from_parent = malloc(100);
        pid_t pid = vfork();
        if (pid == 0) {
            free(from_parent);
            from_child = malloc(200);
            if (i % 2)
                execl("/bin/sh", "sh", "-c", "exit 6", NULL);
            _exit(6);
        }
        waitpid(pid, &status, 0);
        memset(from_child, 1, 200);
        free(from_child);
        if (run(L, work) < 0 || WEXITSTATUS(status) != 6)
            printf("failed\n");
    }
    printf("%d\n", WEXITSTATUS(status));
    return close_state(L);
}

static int spawns(void)
{
    lua_State *L = open_state();
    char *words[] = {"sh", "-c", "exit 7", NULL};
    long sum = 0;

    for (int i = 0; i < 10; i++) {
        int status = 0;
        pid_t pid;
        sum += run(L, work);
        if (posix_spawn(&pid, "/bin/sh", NULL, NULL, words, environ) != 0)
            return 1;
        waitpid(pid, &status, 0);
        sum += WEXITSTATUS(status);
    }
    printf("%ld\n", sum);
    return close_state(L);
}

/* ---- Libraries ------------------------------------------------------------------------------ */

struct plugin {
    void *handle;
    void *(*make)(size_t size);
    void (*drop)(void *block);
};

static struct plugin load(int flags)
{
    struct plugin plugin = {.handle = dlopen(getenv("MALLOC_PLUGIN"), RTLD_NOW | flags)};

    if (!plugin.handle) {
        printf("%s\n", dlerror());
        exit(1);
    }
    plugin.make = (void *(*)(size_t))dlsym(plugin.handle, "plugin_make");
    plugin.drop = (void (*)(void *))dlsym(plugin.handle, "plugin_drop");
    return plugin;
}

static int libraries_that_go(void)
{
    lua_State *L = open_state();
    char *blocks[20];

    for (int i = 0; i < 20; i++) {
        struct plugin plugin = load(0);
        blocks[i] = plugin.make(100 + (size_t)i);
        plugin.drop(plugin.make(10));
        dlclose(plugin.handle);
        run(L, work);
    }
    for (int i = 0; i < 20; i++) {
        printf("%s\n", blocks[i]);
        free(blocks[i]);
    }
    return close_state(L);
}

/* A library bound to libc's own functions frees what the program was given, and the reverse. */
static int deeply_bound(void)
{
    lua_State *L = open_state();
    char *before = malloc(50), *after;
    struct plugin plugin;

    printf("%ld\n", run(L, work));
    free(before);
    plugin = load(RTLD_DEEPBIND);
    for (int i = 0; i < 100; i++) {
        plugin.drop(malloc(100 + (size_t)i));
        after = plugin.make(100 + (size_t)i);
        after = realloc(after, 1000);
        free(after);
    }
    printf("%ld\n", run(L, work));
    return close_state(L);
}

/* ---- Limits --------------------------------------------------------------------------------- */

/* Copying all of it at each step would take minutes: the kernel ends the program after seconds. */
static int growth(void)
{
    struct rlimit seconds = {20, 20};
    lua_State *L = open_state();
    const char *code =
        "local ffi = require 'ffi'\n"
        "local C, p, n = ffi.C, nil, 0\n"
        "while n < 100 * 2^20 do\n"
        "  n = n + step\n"
        "  p = ffi.cast('uint8_t *', C.realloc(p, n))\n"
        "  p[n - 1] = n / step % 256\n"
        "end\n"
        "local sum = 0\n"
        "for i = step - 1, n - 1, step do sum = sum + p[i] end\n"
        "C.free(p)\n"
        "return sum\n";

    setrlimit(RLIMIT_CPU, &seconds);
    run(L, work);
    for (int step = 16384; step > 1000; step /= 4) {
        lua_pushinteger(L, step);
        lua_setglobal(L, "step");
        printf("%ld\n", run(L, code));
    }
    return close_state(L);
}

static int little_memory(void)
{
    struct rlimit limit = {(rlim_t)512 << 20, (rlim_t)512 << 20};
    lua_State *L;
    const char *code =
        "local ffi = require 'ffi'\n"
        "local C, list, n = ffi.C, {}, 0\n"
        "while true do\n"
        "  local p = C.malloc(2^20)\n"
        "  if p == nil then break end\n"
        "  ffi.fill(p, 2^20, 1)\n"
        "  n = n + 1\n"
        "  list[n] = p\n"
        "end\n"
        "print(ffi.errno())\n"
        "for i = 1, n do C.free(list[i]) end\n"
        "return n > 50 and 1 or n\n";

    setrlimit(RLIMIT_AS, &limit);
    L = open_state();
    printf("%ld\n", run(L, work));
    printf("%ld\n", run(L, code));
    printf("%ld\n", run(L, code));
    printf("%ld\n", run(L, work));
    return close_state(L);
}

/* What libc and LuaJIT need is allowed; anything else ends the program. */
static int confined(void)
{
#define ALLOW(name)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(write),
        ALLOW(mmap),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(mprotect),
        ALLOW(madvise),
        ALLOW(brk),
        ALLOW(futex),
        ALLOW(newfstatat),
        ALLOW(getrandom),
        ALLOW(exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    lua_State *L = open_state();

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        printf("no filter here\n");
    for (int i = 0; i < 10; i++)
        printf("%ld\n", run(L, work));
    return close_state(L);
}

static int another_user(void)
{
    lua_State *L = open_state();

    printf("%ld %d\n", run(L, work), setuid(65534));
    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(L, work));
    return close_state(L);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*function)(void);
    } programs[] = {
#define PROGRAM(name) {#name, name}
        PROGRAM(plain_work),
        PROGRAM(closed_descriptors),
        PROGRAM(vforks),
        PROGRAM(spawns),
        PROGRAM(libraries_that_go),
        PROGRAM(deeply_bound),
        PROGRAM(own_handler_and_stack),
        PROGRAM(blocked_signals),
        PROGRAM(handler_that_allocates),
        PROGRAM(large_stacks),
        PROGRAM(forks_while_others_allocate),
        PROGRAM(many_states),
        PROGRAM(held_by_another_state),
        PROGRAM(held_by_a_worker),
        PROGRAM(other_threads_free),
        PROGRAM(allocator_questions),
        PROGRAM(blocks_from_before),
        PROGRAM(allocators_that_go),
        PROGRAM(states_after_each_other),
        PROGRAM(growth),
        PROGRAM(little_memory),
        PROGRAM(confined),
        PROGRAM(another_user),
    };

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (argc == 1)
            puts(programs[i].name);
        else if (strcmp(argv[1], programs[i].name) == 0)
            return programs[i].function();
    }
    return argc == 1 ? 0 : 2;
}
