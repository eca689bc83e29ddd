/* SPDX-License-Identifier: MIT */
/**
 * What happens when somebody uses memory that is gone: the engine's side of this folder.  The
 * signal handler and the door call these; the engine reports and makes the memory accessible.
 */
#ifndef FFISAN_FAULT_USE_H
#define FFISAN_FAULT_USE_H

#include "wire/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A memory access at `address` faulted.  `ucontext` is the ucontext_t of the access.
 * True: it was ours and was dealt with, the instruction is tried again.  False: not ours; the
 * program's own handler or the default action follows.
 * Called for every fault that the kernel raises in the process, not only for stand-ins.
 * Context: signal handler on a stack of its own (256 KiB), all signals but faults blocked,
 * cancellation off, errno free to change.  Nested for a fault in here that no guard recovers.
 */
bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *ucontext);

/**
 * A fault at `address` that was not ours is about to end the program: it has no handler for it.
 * Context: as above.
 */
void ffisan_use_crash(uintptr_t address);

/**
 * Is the address, from where the doors watch, of memory that is gone?  Live blocks of the C heap
 * lie there as well.  Context: any.
 */
bool ffisan_use_is_gone(uintptr_t address);

/**
 * `function` (such as "writev") is about to hand `address`, which lies in the stand-ins, to the
 * kernel, which will write it (`is_write`) or read it.  `argument` counts from 1.
 * `size` in bytes; 0 = unknown (C strings, ioctl, address lengths).  Afterwards the memory must be
 * accessible, the call goes on.
 * Context: the calling thread, its stack, all signals but faults blocked, cancellation off, errno
 * free to change.  May be a child of vfork.
 */
void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write);

/** `function` is about to close what is open from `first` to `last`.  Context: any thread. */
void ffisan_use_closing(int first, int last, const char *function);

/** A stream has been opened on a descriptor that a finalizer had closed. */
void ffisan_use_opened(int descriptor, const void *stream);

/** The program has asked for the descriptor of a stream. */
void ffisan_use_asked(int descriptor, const void *stream);

/** `function` is given one that a finalizer has closed.  Context: as ffisan_use_door. */
void ffisan_use_reopened(int descriptor, const char *function);

/** `function` was given this descriptor and has failed with EBADF.  Context: as ffisan_use_door. */
void ffisan_use_descriptor(int descriptor, const char *function);

#endif
