/* SPDX-License-Identifier: MIT */
/* Faults, and the handlers that programs have for them. */
#include "signals_scenario.h"

#include <sys/mman.h>

static void default_fault(void)
{
    *nowhere = 1;
}
static void call_nowhere(void)
{
    ((void (*)(void))0x10)();
}
static void wild_fault(void)
{
    *(volatile int *)0x1234567812345678 = 1;
}

static void ignored_fault(void)
{
    signal(SIGSEGV, SIG_IGN);
    *nowhere = 1;
}

static void recovers(void)
{
    set(SIGSEGV, on_info, 0, false);
    for (int i = 0; i < 3; i++)
        touch_nowhere();
    if (sigsetjmp(recovery, 1) == 0)
        call_nowhere();
    if (sigsetjmp(recovery, 1) == 0)
        wild_fault();
    note_mask("after");
    note("%d calls\n", n_calls);
}

static void recovers_with_full_mask(void)
{
    set(SIGSEGV, on_info, SA_RESTART, true);
    touch_nowhere();
    touch_nowhere();
    note_mask("after");
}

static void recovers_nodefer(void)
{
    set(SIGSEGV, on_info, SA_NODEFER, false);
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(recovery, 0) == 0)
            *nowhere = 1;
    note_mask("after");
}

/* Without the mask in the jump, the second fault comes while the signal is blocked. */
static void jump_keeps_mask(void)
{
    set(SIGSEGV, on_info, 0, false);
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(recovery, 0) == 0)
            *nowhere = 1;
}

static void unblocks_in_handler(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    MUST(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
    note_mask("unblocked");
    siglongjmp(recovery, 1);
}

static void old_style_recovery(void)
{
    signal(SIGSEGV, unblocks_in_handler);
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(recovery, 0) == 0)
            *nowhere = 1;
    note_action("after", SIGSEGV);
}

static void saves_mask_in_handler(int signal)
{
    sigset_t all, old;
    (void)signal;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    note_mask("inner");
    sigprocmask(SIG_SETMASK, &old, NULL);
    note_mask("restored");
    n_calls++;
    if (n_calls == 2)
        siglongjmp(recovery, 1);
}

static void mask_in_handler(void)
{
    signal(SIGSEGV, saves_mask_in_handler);
    raise(SIGSEGV);
    note_mask("between");
    if (sigsetjmp(recovery, 1) == 0)
        *nowhere = 1;
    note_mask("after");
}

static void reset_handler(void)
{
    set(SIGSEGV, on_info, (int)SA_RESETHAND, false);
    note_action("before", SIGSEGV);
    touch_nowhere();
    note_action("after", SIGSEGV);
    touch_nowhere();
}

static void faults_again(int signal)
{
    note("again %d\n", signal);
    *nowhere = 2;
}

static void fault_in_handler(void)
{
    signal(SIGSEGV, faults_again);
    *nowhere = 1;
}

static void on_nested(int signal, siginfo_t *info, void *context)
{
    (void)info, (void)context;
    note("nested %d %d\n", signal, ++n_calls);
    if (n_calls < 5)
        *nowhere = 2;
    siglongjmp(recovery, 1);
}

static void nested_faults(void)
{
    set(SIGSEGV, on_nested, SA_NODEFER, false);
    if (sigsetjmp(recovery, 1) == 0)
        *nowhere = 1;
    note_mask("after");
}

/* A handler that repairs what was wrong and returns. */
static void *page;
static void on_repair(int signal, siginfo_t *info, void *context)
{
    note("repair %d %d\n", signal, info->si_addr == page);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_R15] |= 0;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    errno = EDOM;
}

static void repairs(void)
{
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    set(SIGSEGV, on_repair, 0, false);
    errno = 0;
    *(volatile int *)page = 5;
    note("value %d errno %d\n", *(volatile int *)page, errno);
}

static void use_altstack(void)
{
    static char memory[16384];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    sigaltstack(&stack, NULL);
    set(SIGSEGV, on_info, SA_ONSTACK, false);
    touch_nowhere();
    set(SIGSEGV, on_info, 0, false);
    touch_nowhere();
}

static int overflow(volatile char *up)
{
    volatile char room[4096];
    room[0] = up ? up[0] : 0;
    return overflow(room) + room[0];
}

static void on_overflow(int signal)
{
    note("overflow %d\n", signal);
    _exit(7);
}

static void stack_overflow_altstack(void)
{
    static char memory[8192];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    overflow(NULL);
}

static void stack_overflow(void)
{
    signal(SIGSEGV, on_overflow);
    overflow(NULL);
}

static void bus_error(void)
{
    char name[] = "/tmp/test_signalsXXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    set(SIGBUS, on_info, 0, true);
    if (sigsetjmp(recovery, 1) == 0)
        map[0] = 1;
    signal(SIGBUS, SIG_DFL);
    map[0] = 1;
}

int main(void)
{
    same("a fault by default", default_fault);
    same("a call to nowhere", call_nowhere);
    same("an address that is none", wild_fault);
    same("a fault while ignored", ignored_fault);
    same("a handler that jumps out", recovers);
    same("a handler that blocks all", recovers_with_full_mask);
    same("a handler with SA_NODEFER", recovers_nodefer);
    same("a jump that keeps the mask", jump_keeps_mask);
    same("a handler that unblocks and jumps", old_style_recovery);
    same("a handler that saves and restores the mask", mask_in_handler);
    same("a handler with SA_RESETHAND", reset_handler);
    same("a fault in the handler", fault_in_handler);
    same("nested faults", nested_faults);
    same("a handler that repairs and returns", repairs);
    same("an alternate stack", use_altstack);
    same("a stack overflow with an alternate stack", stack_overflow_altstack);
    same("a stack overflow without", stack_overflow);
    same("SIGBUS", bus_error);
    return tap_done();
}
