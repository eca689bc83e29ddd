/* SPDX-License-Identifier: MIT */
/**
 * A lock for rare, short sections that also a signal handler may want.  Knows its owner, so that a
 * handler that interrupts the owner is told instead of waiting for ever.
 */
#ifndef FFISAN_BASE_LOCK_H
#define FFISAN_BASE_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ffisan_lock {
    atomic_uintptr_t owner; /**< a number that no other thread has, or 0 */
};

/** Lets others run; for longer after many tries: an audit takes its time. */
void ffisan_lock_wait(unsigned n_tries);

/** Waits for the lock.  Returns false when this thread holds it already. */
static inline bool ffisan_lock_take(struct ffisan_lock *lock)
{
    uintptr_t me = (uintptr_t)pthread_self(), free_owner = 0;
    if (atomic_load(&lock->owner) == me)
        return false;
    for (unsigned n = 0; !atomic_compare_exchange_weak(&lock->owner, &free_owner, me); n++) {
        free_owner = 0;
        ffisan_lock_wait(n);
    }
    return true;
}

static inline void ffisan_lock_give(struct ffisan_lock *lock)
{
    atomic_store(&lock->owner, 0);
}

/**
 * The lock that is held while code runs which may fault and is not ours, or NULL: a guard that the
 * fault leads out of gives it back.
 */
extern struct ffisan_lock *ffisan_lock_at_risk __attribute__((visibility("hidden")));

/** Gives that one back, if this thread holds it. */
static inline void ffisan_lock_abandon(void)
{
    struct ffisan_lock *lock = ffisan_lock_at_risk;
    if (lock && atomic_load(&lock->owner) == (uintptr_t)pthread_self())
        ffisan_lock_give(lock);
}

#endif
