/* SPDX-License-Identifier: MIT */
/**
 * A program must not notice that SIGSEGV is ours.  Each scenario runs in two children, one where
 * our handler was never started and one where it was; both write down what they see, and what they
 * wrote and how they ended must be the same.
 */
#ifndef FFISAN_TEST_SIGNALS_SCENARIO_H
#define FFISAN_TEST_SIGNALS_SCENARIO_H

#include "no_descriptors.h"
#include "child.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/use.h"

#include <errno.h>
#include <setjmp.h>

/* An engine that has no stand-ins. */
void ffisan_use_crash(uintptr_t address)
{
    (void)address;
}

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

static inline void on_info(int signal, siginfo_t *info, void *context)
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

static inline void on_plain(int signal)
{
    n_calls++;
    note("plain handler %d\n", signal);
}

static inline void set(int signal, void (*handler)(int, siginfo_t *, void *), int flags,
                       bool is_full)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (is_full)
        sigfillset(&action.sa_mask);
    else
        sigaddset(&action.sa_mask, SIGUSR2);
    MUST(sigaction(signal, &action, NULL) == 0);
}

static inline void touch_nowhere(void)
{
    errno = ENOLCK;
    if (sigsetjmp(recovery, 1) == 0)
        *nowhere = 1;
}

static inline void block(int how, int signal)
{
    sigset_t set;
    sigemptyset(&set);
    if (signal)
        sigaddset(&set, signal);
    else
        sigfillset(&set);
    MUST(sigprocmask(how, &set, NULL) == 0);
}

#endif
