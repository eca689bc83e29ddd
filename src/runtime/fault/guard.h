/* SPDX-License-Identifier: MIT */
/**
 * Risky code of our own, run so that a memory fault in it means "less detail" and not the end of
 * the program.  Works once ffisan_signals_start has run; before that, code runs unprotected.
 */
#ifndef FFISAN_FAULT_GUARD_H
#define FFISAN_FAULT_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/**
 * Runs run(argument).  Returns false when it faulted (SIGSEGV, SIGBUS): it was left in the middle,
 * so it must hold no lock and own nothing.  Guards nest; the innermost one catches.
 * errno is kept either way.  Signals are blocked meanwhile.  Context: any.
 */
bool ffisan_guard_run(void (*run)(void *argument), void *argument);

/** The same for short code that a signal handler may interrupt.  No system call. */
bool ffisan_guard_try(void (*run)(void *argument), void *argument);

/**
 * Copies memory that the program named and that may not be there.  Returns false, with part of
 * `target` written, when it is not readable.  No system call.  Context: any.
 */
bool ffisan_guard_copy(void *target, const void *source, size_t size_bytes);

/**
 * Replaces a word that may be read-only, if it is `old` still: other threads may write to it.
 * Returns whether it was replaced.  No system call.  Context: any.
 */
bool ffisan_guard_exchange(uint64_t *word, uint64_t old, uint64_t new_word);

/**
 * The signal handler's question: does a guard of this thread wait for a fault at `address`?
 * If so this does not return.
 */
void ffisan_guard_catch(uintptr_t address, const ucontext_t *context);

/** Signals but faults blocked, cancellation off; errno kept.  For code of ours that may be long. */
struct ffisan_quiet {
    sigset_t mask;
    int cancel_state;
    int saved_errno;
};
void ffisan_quiet_begin(struct ffisan_quiet *quiet);
void ffisan_quiet_end(const struct ffisan_quiet *quiet);

#endif
