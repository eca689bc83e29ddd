/* SPDX-License-Identifier: MIT */
/**
 * Where calls of callbacks come in, once a state has made one: the head of its page of machine
 * code leads to ffisan_callback_entry, which looks at two words and goes on to the VM.
 */
#ifndef FFISAN_FFI_CALLBACK_ENTRY_H
#define FFISAN_FFI_CALLBACK_ENTRY_H

#include "runtime/vm/callback_page.h"

#include <stddef.h>

#define FFISAN_CALLBACK_WORDS ((FFISAN_CALLBACK_SLOTS + 63) / 64)

/** What the entry reads of a state; in a list that only grows. */
struct ffisan_callback_door {
    uintptr_t g; /**< of the state; 0 = closed */
    struct ffisan_callback_door *next;
    uintptr_t vm_entry;                    /**< where the head led to */
    const uint64_t *compiled;              /**< not 0 while compiled code of the state runs */
    uint64_t freed[FFISAN_CALLBACK_WORDS]; /**< a bit per slot: a call of it is told */
};
_Static_assert(offsetof(struct ffisan_callback_door, next) == 8, "callback_entry.c counts on it");
_Static_assert(offsetof(struct ffisan_callback_door, vm_entry) == 16, "as above");
_Static_assert(offsetof(struct ffisan_callback_door, compiled) == 24, "as above");
_Static_assert(offsetof(struct ffisan_callback_door, freed) == 32, "as above");

extern struct ffisan_callback_door *ffisan_callback_doors __attribute__((visibility("hidden")));

/** The code; not to be called from C. */
void ffisan_callback_entry(void) __attribute__((visibility("hidden")));

/**
 * A slot whose bit is set is called, or any from compiled code, by the C function that the caller
 * of this returns to.
 * Context: the thread that calls, perhaps in a signal handler of the program.
 */
void ffisan_callback_late(struct ffisan_callback_door *door, uint32_t slot)
    __attribute__((visibility("hidden")));

#endif
