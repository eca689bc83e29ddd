/* SPDX-License-Identifier: MIT */
#include "runtime/fault/signals_books.h"

#include "base/real.h"
#include "runtime/fault/signals.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ffisan_books ffisan_books;
__thread struct ffisan_books_thread ffisan_books_thread __attribute__((tls_model("initial-exec")));
const int ffisan_kept_signals[FFISAN_N_KEPT] = {SIGSEGV, SIGBUS};

FFISAN_REAL_SLOT(real_sigaction, sigaction);
FFISAN_REAL_SLOT(real_sigmask, pthread_sigmask);

int ffisan_real_sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *) =
        ffisan_real_get(&real_sigaction);
    return real(signal, action, ret_old);
}

int ffisan_real_sigmask(int how, const sigset_t *set, sigset_t *ret_old)
{
    int (*real)(int, const sigset_t *, sigset_t *) = ffisan_real_get(&real_sigmask);
    return real(how, set, ret_old);
}

int ffisan_kernel_sigmask(int how, const sigset_t *set, sigset_t *ret_old)
{
    typedef long syscall_fn(long, long, const sigset_t *, sigset_t *, long);
    FFISAN_REAL_SLOT(slot, syscall);
    int saved_errno = errno;
    bool done = ((syscall_fn *)ffisan_real_get(&slot))(SYS_rt_sigprocmask, how, set, ret_old,
                                                       FFISAN_KERNEL_SET_BYTES) == 0;
    int error = done ? 0 : errno;
    errno = saved_errno;
    return error;
}

/* A child of fork finds 0; a stale pid is one that a grandchild made by vfork left behind. */
bool ffisan_books_is_foreign(void)
{
    pid_t pid = getpid();
    if (*ffisan_books.home == pid)
        return false;
    if (*ffisan_books.home != 0 && *ffisan_books.home == getppid())
        return true;
    *ffisan_books.home = pid;
    return false;
}

/* A holder in another process is one that fork left behind in our copy of the books. */
void ffisan_books_lock(void)
{
    uint64_t pid = (uint64_t)getpid() << 32;
    uint64_t self = pid | (uint32_t)gettid();
    for (;;) {
        uint64_t owner = 0;
        if (__atomic_compare_exchange_n(&ffisan_books.owner, &owner, self, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return;
        if ((owner & ~(uint64_t)UINT32_MAX) != pid)
            __atomic_compare_exchange_n(&ffisan_books.owner, &owner, 0, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
        else
            sched_yield();
    }
}

void ffisan_books_unlock(void)
{
    __atomic_store_n(&ffisan_books.owner, 0, __ATOMIC_RELEASE);
}

int ffisan_books_install(unsigned k)
{
    const struct sigaction *program = &ffisan_books.program[k];
    bool has_handler = program->sa_handler != SIG_DFL && program->sa_handler != SIG_IGN;
    struct sigaction action = {.sa_sigaction = ffisan_signals_handle,
                               .sa_mask = ffisan_sigset_make(~FFISAN_FAULT_BITS),
                               .sa_flags = SA_SIGINFO | SA_NODEFER};
    action.sa_flags |= has_handler ? program->sa_flags & (SA_ONSTACK | SA_RESTART) : SA_RESTART;
    return ffisan_real_sigaction(ffisan_kept_signals[k], &action, NULL);
}

bool ffisan_signals_keeps(int signal)
{
    return ffisan_books.is_prepared && ffisan_kept_index(signal) >= 0;
}

/* ---- What the program does with actions ----------------------------------------------------- */

/* Makes an action look as the kernel would give it back. */
static void make_returned(struct sigaction *action)
{
    uint64_t mask = ffisan_sigset_bits(&action->sa_mask);
    ffisan_sigset_put(&action->sa_mask, mask & ~(FFISAN_BIT(SIGKILL) | FFISAN_BIT(SIGSTOP)));
    action->sa_flags |= ffisan_books.restorer_flag;
    action->sa_restorer = ffisan_books.restorer;
}

static void change_kept(unsigned k, const struct sigaction *wanted, struct sigaction *ret_old)
{
    sigset_t mask;
    ffisan_signals_block(&mask);
    ffisan_books_lock();
    *ret_old = ffisan_books.program[k];
    if (wanted) {
        ffisan_books.program[k] = *wanted;
        make_returned(&ffisan_books.program[k]);
        ffisan_books_install(k);
    }
    ffisan_books_unlock();
    ffisan_signals_restore(&mask);
}

/* Handlers of other signals must not block ours, or a use in them would kill the process. */
static int change_other(int signal, struct sigaction *wanted, struct sigaction *ret_old)
{
    sigset_t mask;
    uint64_t hidden = 0;
    if (wanted) {
        hidden = ffisan_sigset_bits(&wanted->sa_mask) & FFISAN_KEPT_BITS;
        ffisan_sigset_put(&wanted->sa_mask, ffisan_sigset_bits(&wanted->sa_mask) & ~hidden);
    }
    ffisan_signals_block(&mask);
    ffisan_books_lock();
    int result = ffisan_real_sigaction(signal, wanted, ret_old);
    if (result == 0) {
        uint64_t seen = ffisan_sigset_bits(&ret_old->sa_mask) | ffisan_books.hidden[signal];
        ffisan_sigset_put(&ret_old->sa_mask, seen);
        if (wanted)
            ffisan_books.hidden[signal] = hidden;
    }
    ffisan_books_unlock();
    ffisan_signals_restore(&mask);
    return result;
}

/* A child of vfork changes its own actions only; ours are shown to it as the program's. */
static int change_in_vfork_child(int signal, struct sigaction *wanted, struct sigaction *ret_old)
{
    int result = ffisan_real_sigaction(signal, wanted, ret_old);
    if (result == 0 && ret_old->sa_sigaction == ffisan_signals_handle)
        *ret_old = ffisan_books.program[ffisan_kept_index(signal)];
    return result;
}

int ffisan_signals_action(int signal, const struct sigaction *action, struct sigaction *ret_old)
{
    struct sigaction copy, old, *wanted = NULL;
    int result = 0;
    if (!ffisan_books.is_prepared || signal < 1 || signal >= FFISAN_N_SIGNALS)
        return ffisan_real_sigaction(signal, action, ret_old);
    if (action) {
        copy = *action;
        wanted = &copy;
    }
    if (ffisan_books_is_foreign())
        result = change_in_vfork_child(signal, wanted, &old);
    else if (ffisan_books.is_started && ffisan_kept_index(signal) >= 0)
        change_kept((unsigned)ffisan_kept_index(signal), wanted, &old);
    else
        result = change_other(signal, wanted, &old);
    if (result == 0 && ret_old)
        *ret_old = old;
    return result;
}

/* ---- What the program does with masks ------------------------------------------------------- */

/*
 * A mask restored by siglongjmp or by a returning handler passes us by.  It shows by signals that
 * were blocked beside ours and no longer are.
 */
uint64_t ffisan_books_believed(uint64_t kernel_mask)
{
    if (ffisan_books_thread.mask & ~kernel_mask)
        ffisan_books_thread.blocked = 0;
    return ffisan_books_thread.blocked & ~kernel_mask;
}

static void note_blocked(uint64_t believed, uint64_t kernel_mask)
{
    ffisan_books_thread.blocked = believed;
    ffisan_books_thread.mask = believed ? kernel_mask & ~(FFISAN_KEPT_BITS | FFISAN_NEVER_BITS) : 0;
}

/* Signals sent while the program believed them blocked arrive now. */
static void deliver_pending(void)
{
    uint64_t due = ffisan_books_thread.pending & ~ffisan_books_thread.blocked;
    ffisan_books_thread.pending &= ~due;
    for (unsigned k = 0; k < FFISAN_N_KEPT; k++)
        if (due & FFISAN_BIT(ffisan_kept_signals[k]))
            syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), ffisan_kept_signals[k],
                    &ffisan_books_thread.pending_info[k]);
}

/* `old`: the kernel's mask. Returns the mask to ask the kernel for, notes what it leaves out. */
static uint64_t keep_deliverable(int how, uint64_t wanted, uint64_t old)
{
    uint64_t believed = ffisan_books_believed(old);
    uint64_t ours = wanted & FFISAN_KEPT_BITS & ~old;
    switch (how) {
    case SIG_BLOCK:
        note_blocked(believed | ours, old | (wanted & ~ours));
        return wanted & ~ours;
    case SIG_UNBLOCK:
        note_blocked(believed & ~wanted, old & ~wanted);
        return wanted;
    case SIG_SETMASK:
        note_blocked(ours, wanted & ~ours);
        return wanted & ~ours;
    }
    return wanted;
}

int ffisan_signals_mask_by(ffisan_signals_mask_fn *change, int how, const sigset_t *set,
                           sigset_t *ret_old)
{
    sigset_t old, copy;
    if (!ffisan_books.is_prepared || ffisan_books_is_foreign())
        return change(how, set, ret_old);
    if (set)
        copy = *set;
    if (set && how != SIG_UNBLOCK && (ffisan_sigset_bits(set) & FFISAN_KEPT_BITS))
        ffisan_signals_start(); /* who is to keep a signal back needs to receive it */
    change(SIG_BLOCK, NULL, &old);
    uint64_t kernel_mask = ffisan_sigset_bits(&old);
    ffisan_sigset_put(&old, kernel_mask | ffisan_books_believed(kernel_mask));
    int error = 0;
    if (set) {
        ffisan_sigset_put(&copy, keep_deliverable(how, ffisan_sigset_bits(&copy), kernel_mask));
        error = change(how, &copy, NULL);
    }
    if (error == 0 && ret_old)
        *ret_old = old;
    if (ffisan_books_thread.pending)
        deliver_pending();
    return error;
}

int ffisan_signals_mask(int how, const sigset_t *set, sigset_t *ret_old)
{
    return ffisan_signals_mask_by(ffisan_real_sigmask, how, set, ret_old);
}

const sigset_t *ffisan_signals_wait_mask(const sigset_t *mask, sigset_t *storage)
{
    if (!ffisan_books.is_prepared || mask == NULL)
        return mask;
    *storage = ffisan_sigset_make(ffisan_sigset_bits(mask) & ~FFISAN_KEPT_BITS);
    return storage;
}

/* ---- What a new program inherits ------------------------------------------------------------ */

static void pass_on_mask(int how)
{
    sigset_t old;
    ffisan_real_sigmask(SIG_BLOCK, NULL, &old);
    uint64_t believed = ffisan_books_believed(ffisan_sigset_bits(&old));
    sigset_t set = ffisan_sigset_make(believed);
    if (believed)
        ffisan_real_sigmask(how, &set, NULL);
}

void ffisan_signals_exec_begin(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (!ffisan_books.is_prepared)
        return;
    for (unsigned k = 0; k < FFISAN_N_KEPT && ffisan_books.is_started; k++)
        if (ffisan_books.program[k].sa_handler == SIG_IGN)
            ffisan_real_sigaction(ffisan_kept_signals[k], &ignore, NULL);
    pass_on_mask(SIG_BLOCK);
}

void ffisan_signals_exec_failed(void)
{
    int saved_errno = errno;
    if (!ffisan_books.is_prepared)
        return;
    sigset_t kept = ffisan_sigset_make(ffisan_books_thread.blocked);
    ffisan_real_sigmask(SIG_UNBLOCK, &kept, NULL);
    for (unsigned k = 0; k < FFISAN_N_KEPT && ffisan_books.is_started; k++)
        if (ffisan_books.program[k].sa_handler == SIG_IGN)
            ffisan_books_install(k);
    errno = saved_errno;
}
