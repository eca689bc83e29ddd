/* SPDX-License-Identifier: MIT */
/**
 * The books behind signals.h: what the program believes about its signals.  For signals*.c only.
 *
 * They hold the program's action for each signal that we keep; for every other signal the bits that
 * were taken out of its sa_mask; for each thread the signals that it believes to be blocked.
 *
 * A child of vfork shares the books with its parent but has signal actions of its own: it must not
 * write them.  It is recognised by its pid, which differs from the one on a page that the kernel
 * wipes in children of fork.
 */
#ifndef FFISAN_FAULT_SIGNALS_BOOKS_H
#define FFISAN_FAULT_SIGNALS_BOOKS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

enum { FFISAN_N_KEPT = 2, FFISAN_N_SIGNALS = 65 };

#define FFISAN_BIT(signal) (UINT64_C(1) << ((signal)-1))
#define FFISAN_KEPT_BITS (FFISAN_BIT(SIGSEGV) | FFISAN_BIT(SIGBUS))
#define FFISAN_FAULT_BITS                                                                          \
    (FFISAN_KEPT_BITS | FFISAN_BIT(SIGILL) | FFISAN_BIT(SIGFPE) | FFISAN_BIT(SIGTRAP) |            \
     FFISAN_BIT(SIGSYS) | FFISAN_BIT(SIGABRT))
/** Signals that neither the kernel nor libc (32 and 33 are its own) lets a program block. */
#define FFISAN_NEVER_BITS                                                                          \
    (FFISAN_BIT(SIGKILL) | FFISAN_BIT(SIGSTOP) | FFISAN_BIT(32) | FFISAN_BIT(33))

struct ffisan_books {
    bool is_prepared; /**< masks are watched */
    bool is_started;  /**< our handler is installed */
    pid_t *home;      /**< process the books belong to; wiped in children of fork */
    uint64_t owner;   /**< lock: pid << 32 | tid of the holder, 0 = free */
    int restorer_flag;
    void (*restorer)(void);                  /**< what libc adds to every action it installs */
    struct sigaction program[FFISAN_N_KEPT]; /**< guarded by owner */
    uint64_t hidden[FFISAN_N_SIGNALS];       /**< taken out of a sa_mask; guarded by owner */
};
extern struct ffisan_books ffisan_books;

/** One thread's part. */
struct ffisan_books_thread {
    uint64_t blocked; /**< kept signals the program believes blocked and the kernel has not */
    uint64_t mask;    /**< the kernel's mask when that was noted */
    uint64_t pending; /**< kept signals sent while believed blocked */
    siginfo_t pending_info[FFISAN_N_KEPT];
    unsigned depth; /**< handlers of ours on this thread's stacks */
};
extern __thread struct ffisan_books_thread ffisan_books_thread
    __attribute__((tls_model("initial-exec")));

extern const int ffisan_kept_signals[FFISAN_N_KEPT];

static inline int ffisan_kept_index(int signal)
{
    return signal == SIGSEGV ? 0 : signal == SIGBUS ? 1 : -1;
}

static inline uint64_t ffisan_sigset_bits(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof(bits));
    return bits;
}

static inline void ffisan_sigset_put(sigset_t *set, uint64_t bits)
{
    memcpy(set, &bits, sizeof(bits));
}

static inline sigset_t ffisan_sigset_make(uint64_t bits)
{
    sigset_t set;
    memset(&set, 0, sizeof(set));
    ffisan_sigset_put(&set, bits);
    return set;
}

/** libc's functions, or those of a library behind us. */
int ffisan_real_sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old);
int ffisan_real_sigmask(int how, const sigset_t *set, sigset_t *ret_old);

bool ffisan_books_is_foreign(void); /**< are we a child of vfork? */

/** The lock. Signals must be blocked; the holder must not fault. */
void ffisan_books_lock(void);
void ffisan_books_unlock(void);

/** Tells the kernel what is needed so that the program's action k can be honoured. Locked. */
int ffisan_books_install(unsigned k);

/** Our handler (signals.c). */
void ffisan_signals_handle(int signal, siginfo_t *info, void *context);

/** Kept signals that this thread believes blocked, given the mask the kernel has now. */
uint64_t ffisan_books_believed(uint64_t kernel_mask);

#endif
