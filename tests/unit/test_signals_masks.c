/* SPDX-License-Identifier: MIT */
/* Signals that are sent, blocked and waited for, and what the calls that set them up answer. */
#include "signals_scenario.h"

#include <stdint.h>
#include <sys/syscall.h>

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

static void change_by_number(int how, uint64_t bits)
{
    uint64_t old = 0;
    long result = syscall(SYS_rt_sigprocmask, how, &bits, &old, 8);
    note("%ld %lx\n", result, old);
}

static uint64_t bit(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

static void masks_by_number(void)
{
    change_by_number(SIG_BLOCK, bit(SIGSEGV) | bit(SIGUSR1));
    note_mask("blocked");
    change_by_number(SIG_UNBLOCK, bit(SIGSEGV));
    note_mask("unblocked");
    change_by_number(SIG_SETMASK, bit(SIGBUS) | bit(32));
    change_by_number(SIG_SETMASK, 0);
    note_mask("set");
    change_by_number(77, 0);
    note("%ld ", syscall(SYS_rt_sigprocmask, SIG_BLOCK, nowhere, NULL, 8));
    note("%d ", errno);
    note("%ld ", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, nowhere, 8));
    note("%d ", errno);
    note("%ld ", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, "constant text", 8));
    note("%d ", errno);
    note("%ld ", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 4));
    note("%d\n", errno);
}

static void blocked_by_number_and_raised(void)
{
    signal(SIGSEGV, on_plain);
    change_by_number(SIG_BLOCK, bit(SIGSEGV));
    kill(getpid(), SIGSEGV);
    note("still here\n");
    change_by_number(SIG_UNBLOCK, bit(SIGSEGV));
    note("after %d\n", n_calls);
}

static void fault_blocked_by_number(void)
{
    signal(SIGSEGV, on_plain);
    change_by_number(SIG_BLOCK, ~UINT64_C(0));
    *nowhere = 1;
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
    same("a signal sent to itself", raised);
    same("a signal raised by default", raised_by_default);
    same("a signal raised while blocked", blocked_and_raised);
    same("a signal raised while blocked, by default", blocked_default_raised);
    same("a fault while blocked", blocked_fault);
    same("a fault after unblocking", unblocked_fault);
    same("a jump out of a blocked section", jumps_out_of_block);
    same("masks", masks);
    same("masks by number", masks_by_number);
    same("a signal raised while blocked by number", blocked_by_number_and_raised);
    same("a fault while blocked by number", fault_blocked_by_number);
    same("signal and its relatives", classic_calls);
    same("sigaction", actions);
    same("sigsuspend", suspended);
    return tap_done();
}
