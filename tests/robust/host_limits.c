/* SPDX-License-Identifier: MIT */
/* Programs of robust_host: signals of their own, a filter for system calls, little address space. */
#include "host.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Signals -------------------------------------------------------------------------------- */

static sigjmp_buf back;
static volatile sig_atomic_t n_faults;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    n_faults += signal == SIGSEGV && info->si_addr == (void *)64;
    siglongjmp(back, 1);
}

int own_faults(void)
{
    lua_State *L = open_state();
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    static char memory[64 * 1024];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

    run(L, work);
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 50; i++)
        if (sigsetjmp(back, 1) == 0)
            (void)*(volatile int *)64;
        else
            run(L, work);
    printf("%d\n", (int)n_faults);
    sigaction(SIGSEGV, NULL, &action);
    printf("%d %x\n", action.sa_sigaction == on_fault, action.sa_flags & (SA_SIGINFO | SA_ONSTACK));
    lua_close(L);
    return 0;
}

/* A recursion without end is caught on the alternate stack, as many runtimes do. */
static volatile int zero;

static __attribute__((noinline)) int recurse(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return zero ? 0 : recurse(n + 1) + room[0];
}

static void on_overflow(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

int stack_faults(void)
{
    lua_State *L = open_state();
    static char memory[64 * 1024];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};

    run(L, work);
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 3; i++) {
        if (sigsetjmp(back, 1) == 0)
            recurse(1);
        printf("caught, %ld\n", run(L, work));
    }
    lua_close(L);
    return 0;
}

static void tick(int signal)
{
    (void)signal;
    errno = 77;
}

/* Signals arrive all the time, also inside the allocator. */
int many_signals(void)
{
    struct sigaction action = {.sa_handler = tick};
    struct itimerval {
        struct timeval a, b;
    } timer = {{0, 200}, {0, 200}};
    lua_State *L;
    long sum = 0;

    sigfillset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    syscall(SYS_setitimer, 0, &timer, NULL);
    L = open_state();
    for (int i = 0; i < 50; i++)
        sum += run(L, work);
    lua_close(L);
    printf("%ld\n", sum);
    return 0;
}

/* ---- Limits --------------------------------------------------------------------------------- */

static int set_filter(struct sock_fprog *program)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
}

static int set_filter_by_number(struct sock_fprog *program)
{
    return (int)syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0);
}

/* What LuaJIT needs is allowed; anything else ends the process. */
static int run_filtered(int (*set)(struct sock_fprog *))
{
#define ALLOW(name)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                         \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read),
        ALLOW(write),
        ALLOW(mmap),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(mprotect),
        ALLOW(brk),
        ALLOW(exit_group),
        ALLOW(rt_sigreturn),
        ALLOW(futex),
        ALLOW(newfstatat),
        ALLOW(getrandom),
        ALLOW(madvise),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    lua_State *L = open_state();
    long sum = run(L, work);

    fflush(stdout);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || set(&program) != 0) {
        printf("no filter here\n");
        return 0;
    }
    for (int i = 0; i < 10; i++)
        sum += run(L, work);
    printf("%ld\n", sum);
    fflush(stdout);
    _exit(8);
}

int strict_filter(void)
{
    return run_filtered(set_filter);
}

int strict_filter_by_number(void)
{
    return run_filtered(set_filter_by_number);
}

int little_address_space(const char *mib)
{
    struct rlimit limit;
    lua_State *L;

    limit.rlim_cur = limit.rlim_max = (rlim_t)atoi(mib) << 20;
    setrlimit(RLIMIT_AS, &limit);
    L = open_state();
    printf("%ld\n", run(L, work));
    printf("%ld\n",
           run(L, "local t = {} for i = 1, 30000 do t[i] = { i, tostring(i) } end return #t"));
    printf("%ld\n", run(L,
                        "local t = {} local ok, e = pcall(function() for i = 1, 1e8 do "
                        "t[i] = ('x'):rep(1e6) .. i end end) t = nil print(ok, e) return 1"));
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    printf("%ld\n", run(L, work));
    lua_close(L);
    return 0;
}
