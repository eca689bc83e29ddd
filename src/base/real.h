/* SPDX-License-Identifier: MIT */
/**
 * The next definition of a libc function that we interpose: what the program would have called
 * without us (libc's, or that of a library preloaded after us).
 *
 * Each interposer owns one slot, made with FFISAN_REAL_SLOT and filled at the first call.  A
 * successful dlsym neither allocates nor changes errno in glibc; it takes the loader's recursive
 * lock, so signal handlers should find their slots filled: ffisan_real_prepare.
 */
#ifndef FFISAN_BASE_REAL_H
#define FFISAN_BASE_REAL_H

#include <stddef.h>

struct ffisan_real {
    const char *name;
    void *address; /**< NULL until the first use; written atomically, always with the same value */
};

/** Defines the slot `slot` for the function `function`. All slots lie in one section. */
#define FFISAN_REAL_SLOT(slot, function)                                                           \
    static struct ffisan_real slot                                                                 \
        __attribute__((section("ffisan_real"), used, aligned(16))) = {#function, NULL}

/**
 * Fills a slot and returns its address; errno is kept.  A function that the system does not have
 * is replaced by one that fails with ENOSYS.
 */
void *ffisan_real_resolve(struct ffisan_real *real) __attribute__((cold, visibility("hidden")));

/** The loader's dlsym, which we interpose. */
void *ffisan_real_dlsym(void) __attribute__((visibility("hidden")));

/** Address behind a slot, filled when needed. Context: any. */
static inline void *ffisan_real_get(struct ffisan_real *real)
{
    void *address = __atomic_load_n(&real->address, __ATOMIC_RELAXED);
    return __builtin_expect(address != NULL, 1) ? address : ffisan_real_resolve(real);
}

/** Fills every slot of the library. Context: not a signal handler; about 50 microseconds. */
void ffisan_real_prepare(void);

#endif
