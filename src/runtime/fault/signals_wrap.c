/* SPDX-License-Identifier: MIT */
/*
 * The functions that the program calls instead of libc's.  They carry names of ours and the labels
 * of libc, so that no attribute or macro of a libc header applies to the definitions.
 */
#include "base/export.h"
#include "base/real.h"
#include "runtime/fault/signals.h"

#include <errno.h>

typedef void (*handler_fn)(int signal);

#define WRAP(type, name, parameters)                                                               \
    FFISAN_REAL_SLOT(real_##name, name);                                                           \
    FFISAN_EXPORT extern type wrap_##name parameters __asm__(#name);                               \
    type wrap_##name parameters

#define REAL(type, name, parameters) ((type(*) parameters)ffisan_real_get(&real_##name))

/* What System V calls SIG_HOLD, hidden by feature macros in some headers. */
static const handler_fn hold = (handler_fn)2;

static int fail_with(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

/* ---- Actions -------------------------------------------------------------------------------- */

#define WRAP_SIGACTION(name)                                                                       \
    FFISAN_EXPORT extern int wrap_##name(int, const struct sigaction *,                            \
                                         struct sigaction *) __asm__(#name);                       \
    int wrap_##name(int signal, const struct sigaction *action, struct sigaction *ret_old)         \
    {                                                                                              \
        return ffisan_signals_action(signal, action, ret_old);                                     \
    }
WRAP_SIGACTION(sigaction)
WRAP_SIGACTION(__sigaction)

static handler_fn set_handler(int signal, handler_fn handler, int flags, bool masks_itself)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old;
    if (masks_itself)
        sigaddset(&action.sa_mask, signal);
    return ffisan_signals_action(signal, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

void (*ffisan_signals_told)(void);

static handler_fn told(handler_fn result)
{
    int saved_errno = errno;
    if (ffisan_signals_told)
        ffisan_signals_told();
    errno = saved_errno;
    return result;
}

#define WRAP_SIGNAL(name, flags, masks_itself)                                                     \
    WRAP(handler_fn, name, (int signal, handler_fn handler))                                       \
    {                                                                                              \
        if (ffisan_signals_keeps(signal) && handler != SIG_ERR)                                    \
            return told(set_handler(signal, handler, flags, masks_itself));                        \
        return told(REAL(handler_fn, name, (int, handler_fn))(signal, handler));                   \
    }

#define SYSV_FLAGS (int)(SA_RESETHAND | SA_NODEFER)

WRAP_SIGNAL(signal, SA_RESTART, true)
WRAP_SIGNAL(bsd_signal, SA_RESTART, true)
WRAP_SIGNAL(ssignal, SA_RESTART, true)
WRAP_SIGNAL(sysv_signal, SYSV_FLAGS, false)
WRAP_SIGNAL(__sysv_signal, SYSV_FLAGS, false)

WRAP(int, sigignore, (int signal))
{
    if (ffisan_signals_keeps(signal))
        return set_handler(signal, SIG_IGN, 0, false) == SIG_ERR ? -1 : 0;
    return REAL(int, sigignore, (int))(signal);
}

/* ---- Masks ---------------------------------------------------------------------------------- */

WRAP(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *ret_old))
{
    return ffisan_signals_mask(how, set, ret_old);
}

WRAP(int, sigprocmask, (int how, const sigset_t *set, sigset_t *ret_old))
{
    return fail_with(ffisan_signals_mask(how, set, ret_old));
}

static int change_one(int how, int signal, sigset_t *ret_old)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return fail_with(ffisan_signals_mask(how, &set, ret_old));
}

WRAP(int, sighold, (int signal))
{
    if (ffisan_signals_keeps(signal))
        return change_one(SIG_BLOCK, signal, NULL);
    return REAL(int, sighold, (int))(signal);
}

WRAP(int, sigrelse, (int signal))
{
    if (ffisan_signals_keeps(signal))
        return change_one(SIG_UNBLOCK, signal, NULL);
    return REAL(int, sigrelse, (int))(signal);
}

static handler_fn set_and_unblock(int signal, handler_fn handler)
{
    sigset_t old_mask;
    struct sigaction old;
    if (ffisan_signals_action(signal, NULL, &old) != 0)
        return SIG_ERR;
    if (handler != hold && set_handler(signal, handler, 0, false) == SIG_ERR)
        return SIG_ERR;
    if (change_one(handler == hold ? SIG_BLOCK : SIG_UNBLOCK, signal, &old_mask) != 0)
        return SIG_ERR;
    return sigismember(&old_mask, signal) ? hold : old.sa_handler;
}

WRAP(handler_fn, sigset, (int signal, handler_fn handler))
{
    if (ffisan_signals_keeps(signal))
        return set_and_unblock(signal, handler);
    return REAL(handler_fn, sigset, (int, handler_fn))(signal, handler);
}

/* BSD's masks have 32 signals. */
static int change_word(int how, int word)
{
    sigset_t set, old;
    sigemptyset(&set);
    for (int signal = 1; signal <= 32; signal++)
        if ((unsigned)word & (1u << (signal - 1)))
            sigaddset(&set, signal);
    if (fail_with(ffisan_signals_mask(how, &set, &old)) != 0)
        return -1;
    unsigned old_word = 0;
    for (int signal = 1; signal <= 31; signal++)
        if (sigismember(&old, signal) == 1)
            old_word |= 1u << (signal - 1);
    return (int)old_word;
}

#define WRAP_WORD_MASK(name, how, parameters, word)                                                \
    FFISAN_EXPORT extern int wrap_##name parameters __asm__(#name);                                \
    int wrap_##name parameters                                                                     \
    {                                                                                              \
        return change_word(how, word);                                                             \
    }
WRAP_WORD_MASK(sigblock, SIG_BLOCK, (int word), word)
WRAP_WORD_MASK(sigsetmask, SIG_SETMASK, (int word), word)
WRAP_WORD_MASK(siggetmask, SIG_BLOCK, (void), 0)

WRAP(int, sigsuspend, (const sigset_t *mask))
{
    sigset_t storage;
    mask = ffisan_signals_wait_mask(mask, &storage);
    return REAL(int, sigsuspend, (const sigset_t *))(mask);
}
