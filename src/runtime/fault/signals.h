/* SPDX-License-Identifier: MIT */
/**
 * SIGSEGV and SIGBUS belong to us, and the program does not notice.
 *
 * Once started, our handler is the one that the kernel knows.  What the program asks for through
 * sigaction, signal, pthread_sigmask and their relatives is remembered, reported back, and obeyed
 * for every fault that is not ours: default action with the same core, ignored signals, handlers
 * with their flags, masks and stacks.  Before the start, the interposed functions only forward.
 *
 * Blocked means: the kernel never blocks the two signals on our behalf, we remember that the
 * program believes so.  A fault then ends the program, as in the kernel; a signal sent by kill or
 * raise waits until the program unblocks it, but is not seen by sigpending and sigwait.
 *
 * Not seen: actions set by raw system calls; what libc itself sets (posix_spawn attributes,
 * siginterrupt, the mask that a new thread inherits as "believed"); a SIGSEGV that the program
 * ignores is not ignored in what it starts by posix_spawn.  siglongjmp and the masks
 * restored by returning handlers are noticed.
 */
#ifndef FFISAN_FAULT_SIGNALS_H
#define FFISAN_FAULT_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/**
 * From now on the two signals stay deliverable in every thread and handler of the process.  To be
 * called when the first LuaJIT state is seen, so that threads made later are covered.  Idempotent,
 * takes some 20 microseconds.  Context: any thread, not a signal handler.
 */
void ffisan_signals_prepare(void);

/**
 * Prepares, and installs our handler.  Idempotent and cheap; adopts an action that something
 * installed behind our back since the last call.  Returns false when the kernel refuses.
 * Context: any thread, not a signal handler.
 */
bool ffisan_signals_start(void);

/** Blocks everything but faults, without the program's view changing. */
void ffisan_signals_block(sigset_t *ret_mask);
void ffisan_signals_restore(const sigset_t *mask);

/** How many of our handlers for faults of the program are active on this thread. */
unsigned ffisan_signals_depth(void);

/** Makes the kernel's mask and our books fit for a jump out of the handler. */
void ffisan_signals_leave_handler(unsigned depth, const ucontext_t *context);

/** What the interposed functions do; same results as sigaction and pthread_sigmask. */
int ffisan_signals_action(int signal, const struct sigaction *action, struct sigaction *ret_old);
int ffisan_signals_mask(int how, const sigset_t *set, sigset_t *ret_old);

/** The same where `change`, like pthread_sigmask, is what changes the kernel's mask. */
typedef int ffisan_signals_mask_fn(int how, const sigset_t *set, sigset_t *ret_old);
int ffisan_signals_mask_by(ffisan_signals_mask_fn *change, int how, const sigset_t *set,
                           sigset_t *ret_old);

/** One that does so by the system call: libc's keeps two signals for itself (32, 33). */
ffisan_signals_mask_fn ffisan_kernel_sigmask;
#define FFISAN_KERNEL_SET_BYTES 8 /**< the kernel's sets are the first words of libc's */

/** Told when the program sets an action by signal(), after that; NULL = nobody. */
extern void (*ffisan_signals_told)(void) __attribute__((visibility("hidden")));

/** Is the signal one that we keep, and are we prepared? Else interposers just forward. */
bool ffisan_signals_keeps(int signal);

/**
 * A mask for a waiting call (ppoll, sigsuspend): the same without our signals.  Returns `mask`
 * itself when nothing is to be done.
 */
const sigset_t *ffisan_signals_wait_mask(const sigset_t *mask, sigset_t *storage);

/**
 * Around execve: what the new program inherits (ignored signals, the mask) is put in place as the
 * calling program believes it to be, and taken back when execve fails.  May be a child of vfork.
 */
void ffisan_signals_exec_begin(void);
void ffisan_signals_exec_failed(void);

#endif
