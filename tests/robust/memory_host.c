/* SPDX-License-Identifier: MIT */
/*
 * Programs that allocate much from C and from Lua while they do what makes that hard for whoever
 * watches: `memory_host NAME`.  The output is the same whether anybody watches or not.  Built a
 * second time with own_malloc.c, where the program brings its own malloc.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lua.h>
#include <luajit-2.1/lualib.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Blocks of all sizes live for a while; what they hold is summed up. */
static const char work[] =
    "local ffi = require 'ffi'\n"
    "local C = ffi.C\n"
    "ffi.cdef[[void *malloc(size_t); void *calloc(size_t, size_t); void *realloc(void *, size_t);\n"
    "          void free(void *); char *strdup(const char *); size_t strlen(const char *);]]\n"
    "local live, sum, seed = {}, 0, 1\n"
    "local function random(n) seed = seed * 16807 % 2147483647 return seed % n end\n"
    "local function new(size)\n"
    "    local p = ffi.cast('uint8_t *', size % 3 == 0 and C.calloc(size, 1) or C.malloc(size))\n"
    "    p[0], p[size - 1] = size % 251, size % 13\n"
    "    return { p = p, size = size }\n"
    "end\n"
    "for i = 1, 3000 do\n"
    "    local at = random(64) + 1\n"
    "    local old = live[at]\n"
    "    if old and i % 4 == 0 then\n"
    "        old.size = old.size + random(3000)\n"
    "        old.p = ffi.cast('uint8_t *', C.realloc(old.p, old.size))\n"
    "        sum = sum + old.p[0]\n"
    "        old.p[old.size - 1] = 5\n"
    "    else\n"
    "        if old then sum = sum + old.p[0] + old.p[old.size - 1] C.free(old.p) end\n"
    "        live[at] = new(random(i % 50 == 0 and 200000 or 900) + 1)\n"
    "    end\n"
    "    local copy = ffi.gc(C.strdup('text ' .. i), C.free)\n"
    "    sum = sum + tonumber(C.strlen(copy))\n"
    "end\n"
    "for _, block in pairs(live) do sum = sum + block.p[0] C.free(block.p) end\n"
    "return sum\n";

static lua_State *open_state(void)
{
    lua_State *L = luaL_newstate();
    if (L)
        luaL_openlibs(L);
    return L;
}

static long run(lua_State *L)
{
    if (luaL_loadstring(L, work) || lua_pcall(L, 0, 1, 0)) {
        printf("failed: %s\n", lua_tostring(L, -1));
        lua_pop(L, 1);
        return -1;
    }
    long result = (long)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return result;
}

static int work_twice(lua_State *L)
{
    long first = run(L), second = run(L);
    lua_close(L);
    printf("%ld %ld\n", first, second);
    return 0;
}

static int plainly(void)
{
    return work_twice(open_state());
}

static int without_descriptors(void)
{
    lua_State *L = open_state();
    long before = run(L);
    for (int fd = 0; fd < 1024; fd++)
        if (fd != STDOUT_FILENO)
            close(fd);
    int first_free = dup(STDOUT_FILENO);
    printf("%ld, next descriptor %d\n", before, first_free);
    return work_twice(L);
}

/* ---- Signals -------------------------------------------------------------------------------- */

static sigjmp_buf back;
static volatile sig_atomic_t on_own_stack;
static char alternate[64 << 10];

static void on_fault(int signal, siginfo_t *info, void *context)
{
    char here;
    (void)info;
    (void)context;
    on_own_stack = &here >= alternate && &here < alternate + sizeof(alternate);
    siglongjmp(back, signal);
}

static int own_segv_stack(void)
{
    lua_State *L = open_state();
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    volatile int n = 0;
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 5; i++) {
        run(L);
        if (sigsetjmp(back, 1) == 0)
            *(volatile int *)(uintptr_t)(8 * i) = 1;
        else
            n += on_own_stack;
    }
    printf("%d faults on the own stack\n", n);
    return work_twice(L);
}

static int all_signals_blocked(void)
{
    sigset_t all, now;
    lua_State *L = open_state();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    long sum = run(L);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    printf("%ld %d %d\n", sum, sigismember(&now, SIGSEGV), sigismember(&now, SIGUSR1));
    return work_twice(L);
}

/* A handler that interrupts malloc and does no more than it may. */
static volatile sig_atomic_t n_ticks;

static void tick(int signal)
{
    (void)signal;
    n_ticks++;
}

static int interrupted(void)
{
    struct sigaction action = {.sa_handler = tick};
    struct itimerval timer = {{0, 300}, {0, 300}};
    lua_State *L = open_state();
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    long sum = 0;
    for (int i = 0; i < 10 || n_ticks == 0; i++)
        sum = run(L);
    memset(&timer, 0, sizeof(timer));
    setitimer(ITIMER_REAL, &timer, NULL);
    printf("%ld\n", sum);
    return work_twice(L);
}

/* ---- Processes ------------------------------------------------------------------------------- */

static int status_of(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int vforks(void)
{
    lua_State *L = open_state();
    char *const arguments[] = {"sh", "-c", "exit 7", NULL};
    for (int i = 0; i < 6; i++) {
        run(L);
        pid_t pid = vfork();
        if (pid == 0) {
            if (i % 2)
                _exit(40 + i);
            execv("/bin/sh", arguments);
            _exit(127);
        }
        printf("%d ", status_of(pid));
    }
    return work_twice(L);
}

static int spawns(void)
{
    lua_State *L = open_state();
    char *const arguments[] = {"sh", "-c", "echo from the child; exit 9", NULL};
    for (int i = 0; i < 4; i++) {
        pid_t pid;
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawnattr_init(&attributes);
        run(L);
        fflush(stdout);
        int failed = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
        printf("%d %d\n", failed, status_of(pid));
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    return work_twice(L);
}

static int forks_that_work(void)
{
    lua_State *L = open_state();
    char *shared = strdup("from before the fork");
    run(L);
    fflush(stdout);
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            long sum = run(L);
            free(shared);
            lua_close(L);
            _exit(sum > 0 ? 20 + i : 1);
        }
        printf("%d ", status_of(pid));
    }
    printf("%s\n", shared);
    free(shared);
    return work_twice(L);
}

/* ---- Libraries and threads --------------------------------------------------------------------- */

static int library_goes(void)
{
    lua_State *L = open_state();
    size_t sum = 0;
    for (int i = 0; i < 5; i++) {
        void *library = dlopen("libz.so.1", RTLD_NOW);
        unsigned long (*bound)(unsigned long) = NULL;
        if (library)
            *(void **)&bound = dlsym(library, "compressBound");
        sum += bound ? bound(1000) : 0;
        run(L);
        if (library)
            dlclose(library);
    }
    printf("%d\n", sum > 0);
    return work_twice(L);
}

static void *work_in_thread(void *argument)
{
    char deep[8 << 20];
    lua_State *L = open_state();
    memset(deep, (int)(intptr_t)argument, sizeof(deep));
    long sum = run(L) + deep[sizeof(deep) / 2];
    lua_close(L);
    return (void *)sum;
}

static int large_stacks(void)
{
    enum { N = 6 };
    pthread_t threads[N];
    pthread_attr_t attributes;
    long sum = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16 << 20);
    for (int i = 0; i < N; i++)
        if (pthread_create(&threads[i], &attributes, work_in_thread, (void *)(intptr_t)i) != 0)
            return 1;
    for (int i = 0; i < N; i++) {
        void *part;
        pthread_join(threads[i], &part);
        sum += (long)part;
    }
    pthread_attr_destroy(&attributes);
    printf("%ld\n", sum);
    return 0;
}

/* ---- Rights and limits -------------------------------------------------------------------------- */

static int another_user(void)
{
    lua_State *L = open_state();
    run(L);
    int failed = geteuid() == 0 && (setgid(65534) || setuid(65534));
    printf("%d %d\n", failed, geteuid() != 0);
    return work_twice(L);
}

/* No files, no processes: only what memory and threads need. */
static int few_system_calls(void)
{
    static const int allowed[] = {SYS_write,        SYS_mmap,           SYS_munmap, SYS_mremap,
                                  SYS_mprotect,     SYS_madvise,        SYS_brk,    SYS_exit_group,
                                  SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_futex,  SYS_newfstatat};
    enum { N = sizeof(allowed) / sizeof(allowed[0]) };
    struct sock_filter filter[N + 3];
    struct sock_fprog program = {.len = N + 3, .filter = filter};
    lua_State *L = open_state();
    run(L);
    filter[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             (unsigned)offsetof(struct seccomp_data, nr));
    for (int i = 0; i < N; i++)
        filter[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                     (unsigned)allowed[i], (__u8)(N - i), 0);
    filter[N + 1] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)ENOSYS);
    filter[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int failed = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    printf("%d\n", failed);
    return work_twice(L);
}

static int address_space_ends(void)
{
    struct rlimit limit = {3ul << 30, 3ul << 30};
    lua_State *L = open_state();
    run(L);
    setrlimit(RLIMIT_AS, &limit);
    void *blocks[64];
    int n = 0;
    while (n < 64 && (blocks[n] = malloc(256ul << 20)) != NULL)
        n++;
    int is_full = n < 64 && errno == ENOMEM;
    printf("%d\n", is_full);
    while (n > 0)
        free(blocks[--n]);
    return work_twice(L);
}

static const struct {
    const char *name;
    int (*run)(void);
} programs[] = {
    {"plainly", plainly},
    {"without_descriptors", without_descriptors},
    {"own_segv_stack", own_segv_stack},
    {"all_signals_blocked", all_signals_blocked},
    {"interrupted", interrupted},
    {"vforks", vforks},
    {"spawns", spawns},
    {"forks_that_work", forks_that_work},
    {"library_goes", library_goes},
    {"large_stacks", large_stacks},
    {"another_user", another_user},
    {"few_system_calls", few_system_calls},
    {"address_space_ends", address_space_ends},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (argc < 2)
            puts(programs[i].name);
        else if (strcmp(programs[i].name, argv[1]) == 0)
            return programs[i].run();
    }
    return argc < 2 ? 0 : 2;
}
