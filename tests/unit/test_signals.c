/* SPDX-License-Identifier: MIT */
/*
 * A program must not notice that SIGSEGV is ours.  Each scenario runs in two children, one where
 * our handler was never started and one where it was; both write down what they see, and what they
 * wrote and how they ended must be the same.
 */
#include "child.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/use.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>

/* An engine that has no stand-ins. */
bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *context)
{
    (void)address, (void)access, (void)context;
    return false;
}

bool ffisan_use_is_gone(uintptr_t address)
{
    (void)address;
    return true;
}

void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    (void)address, (void)size, (void)function, (void)argument, (void)is_write;
}

static volatile int *volatile nowhere = (volatile int *)0x10;
static sigjmp_buf recovery;
static volatile int n_calls;

static void on_info(int signal, siginfo_t *info, void *context)
{
    stack_t stack;
    int saved_errno = errno;
    n_calls++;
    sigaltstack(NULL, &stack);
    note("signal %d code %d at %lx errno %d fetch %d alternate %d\n", signal, info->si_code,
         (unsigned long)info->si_addr % 4096, saved_errno, ffisan_arch_is_fetch(context),
         stack.ss_flags);
    note_mask("in handler");
    note_action("in handler", signal);
    siglongjmp(recovery, 1);
}

static void on_plain(int signal)
{
    n_calls++;
    note("plain handler %d\n", signal);
}

static void set(int signal, void (*handler)(int, siginfo_t *, void *), int flags, bool is_full)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (is_full)
        sigfillset(&action.sa_mask);
    else
        sigaddset(&action.sa_mask, SIGUSR2);
    MUST(sigaction(signal, &action, NULL) == 0);
}

static void touch_nowhere(void)
{
    errno = ENOLCK;
    if (sigsetjmp(recovery, 1) == 0)
        *nowhere = 1;
}

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

static void on_sent(int signal, siginfo_t *info, void *context)
{
    (void)context;
    note("sent %d code %d value %d self %d\n", signal, info->si_code, info->si_value.sival_int,
         info->si_pid == getpid());
}

static void raised(void)
{
    union sigval value = {.sival_int = 0};
    set(SIGSEGV, on_sent, 0, false);
    kill(getpid(), SIGSEGV);
    value.sival_int = 42;
    sigqueue(getpid(), SIGSEGV, value);
    signal(SIGSEGV, SIG_IGN);
    raise(SIGSEGV);
    note("ignored\n");
}

static void raised_by_default(void)
{
    raise(SIGSEGV);
}

static void block(int how, int signal)
{
    sigset_t set;
    sigemptyset(&set);
    if (signal)
        sigaddset(&set, signal);
    else
        sigfillset(&set);
    MUST(sigprocmask(how, &set, NULL) == 0);
}

static void blocked_and_raised(void)
{
    signal(SIGSEGV, on_plain);
    block(SIG_BLOCK, SIGSEGV);
    kill(getpid(), SIGSEGV);
    note("still here\n");
    note_mask("blocked");
    block(SIG_UNBLOCK, SIGSEGV);
    note("after %d\n", n_calls);
    note_mask("unblocked");
}

static void blocked_default_raised(void)
{
    block(SIG_BLOCK, 0);
    kill(getpid(), SIGSEGV);
    note("still here\n");
    block(SIG_UNBLOCK, 0);
    note("not here\n");
}

static void blocked_fault(void)
{
    signal(SIGSEGV, on_plain);
    block(SIG_BLOCK, 0);
    *nowhere = 1;
}

static void unblocked_fault(void)
{
    set(SIGSEGV, on_info, 0, false);
    block(SIG_BLOCK, 0);
    block(SIG_UNBLOCK, SIGSEGV);
    touch_nowhere();
    note_mask("after");
}

/* The jump restores a mask without sigprocmask being called. */
static void jumps_out_of_block(void)
{
    set(SIGSEGV, on_info, 0, false);
    sigjmp_buf open;
    if (sigsetjmp(open, 1) == 0) {
        block(SIG_BLOCK, 0);
        siglongjmp(open, 1);
    }
    note_mask("jumped");
    touch_nowhere();
}

static void masks(void)
{
    sigset_t set, old;
    static const int hows[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK};
    for (unsigned i = 0; i < 27; i++) {
        int signals[] = {SIGSEGV, SIGBUS, SIGUSR1};
        sigemptyset(&set);
        sigaddset(&set, signals[i % 3]);
        if (i & 1)
            sigaddset(&set, signals[(i / 3) % 3]);
        note("%d", pthread_sigmask(hows[(i * 7 / 3) % 3], &set, &old));
        note(" %lx\n", old.__val[0]);
        note_mask("now");
    }
    errno = 0;
    note("%d ", sigprocmask(77, &set, &old));
    note("%d\n", errno);
}

static void classic_calls(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGUSR1};
    for (int i = 0; i < 3; i++) {
        int s = signals[i];
        note("%p ", (void *)signal(s, on_plain));
        note_action("signal", s);
        note("%p ", (void *)sysv_signal(s, SIG_IGN));
        note_action("sysv_signal", s);
        note("%p ", (void *)ssignal(s, on_plain));
        note_action("ssignal", s);
        note("%p ", (void *)sigset(s, SIG_HOLD));
        note_mask("hold");
        note("%p ", (void *)sigset(s, on_plain));
        note_action("sigset", s);
        note_mask("sigset");
        note("%d ", sighold(s));
        note_mask("sighold");
        note("%d ", sigrelse(s));
        note_mask("sigrelse");
        note("%d ", sigignore(s));
        note_action("sigignore", s);
        errno = 0;
        note("%p ", (void *)signal(s, SIG_ERR));
        note("%d\n", errno);
    }
    errno = 0;
    note("%p ", (void *)signal(SIGKILL, on_plain));
    note("%d ", errno);
    note("%p ", (void *)signal(1000, on_plain));
    note("%d\n", errno);
}

static void actions(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGUSR1, SIGTERM};
    for (unsigned i = 0; i < 16; i++) {
        struct sigaction action = {.sa_handler = i % 3 == 0 ? SIG_DFL : on_plain}, old;
        action.sa_flags = (int)((i & 1 ? SA_ONSTACK : 0) | (i & 2 ? SA_RESTART : 0) |
                                (i & 4 ? SA_NODEFER : 0) | (i & 8 ? SA_RESETHAND : 0));
        if (i & 4)
            sigfillset(&action.sa_mask);
        memset(&old, 0, sizeof(old));
        int result = sigaction(signals[i % 4], &action, &old);
        note("%d %p %x %lx\n", result, (void *)old.sa_handler, old.sa_flags, old.sa_mask.__val[0]);
        sigaction(signals[i % 4], &old, NULL);
        note_action("action", signals[i % 4]);
    }
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

static void *thread_faults(void *argument)
{
    (void)argument;
    note_mask("thread");
    touch_nowhere();
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    set(SIGSEGV, on_info, 0, false);
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, thread_faults, NULL);
        pthread_join(thread, NULL);
    }
}

static void forked(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    if (fork() == 0) {
        touch_nowhere();
        signal(SIGSEGV, SIG_DFL);
        note_action("child", SIGSEGV);
        *nowhere = 1;
    }
    wait(&status);
    note("child %x\n", status);
    note_action("parent", SIGSEGV);
    touch_nowhere();
}

/* What children of vfork do before exec must not reach the parent. */
static void vforked(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    pid_t pid = vfork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        block(SIG_BLOCK, SIGSEGV);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    note("child %x\n", status);
    block(SIG_UNBLOCK, SIGSEGV);
    note_action("parent", SIGSEGV);
    touch_nowhere();
}

static void vforked_fault(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    pid_t pid = vfork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *nowhere = 1;
    }
    waitpid(pid, &status, 0);
    note("child %x\n", status);
    touch_nowhere();
}

static void exec_inherits(void)
{
    char *argv[] = {"sh", "-c", "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status", NULL};
    signal(SIGSEGV, SIG_IGN);
    block(SIG_BLOCK, SIGSEGV);
    block(SIG_BLOCK, SIGUSR1);
    execv("/nonexistent", argv);
    note("%d\n", errno);
    note_action("failed", SIGSEGV);
    note_mask("failed");
    dup2(trace_fd, 1);
    execv("/bin/sh", argv);
}

static void suspended(void)
{
    sigset_t mask;
    signal(SIGALRM, on_plain);
    sigfillset(&mask);
    sigdelset(&mask, SIGALRM);
    alarm(1);
    note("%d ", sigsuspend(&mask));
    note("%d\n", errno);
    note_mask("after");
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
    same("a signal sent to itself", raised);
    same("a signal raised by default", raised_by_default);
    same("a signal raised while blocked", blocked_and_raised);
    same("a signal raised while blocked, by default", blocked_default_raised);
    same("a fault while blocked", blocked_fault);
    same("a fault after unblocking", unblocked_fault);
    same("a jump out of a blocked section", jumps_out_of_block);
    same("masks", masks);
    same("signal and its relatives", classic_calls);
    same("sigaction", actions);
    same("SIGBUS", bus_error);
    same("threads", threads);
    same("fork", forked);
    same("vfork and exec", vforked);
    same("a fault in a child of vfork", vforked_fault);
    same("what exec passes on", exec_inherits);
    same("sigsuspend", suspended);
    return tap_done();
}
