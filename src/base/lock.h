/* SPDX-License-Identifier: MIT */
/**
 * A lock for rare, short sections that also a signal handler may want.  Knows its owner, so that a
 * handler that interrupts the owner is told instead of waiting for ever.
 */
#ifndef FFISAN_BASE_LOCK_H
#define FFISAN_BASE_LOCK_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ffisan_lock {
    atomic_uintptr_t owner; /**< a number that no other thread has, or 0 */
};

/** Waits for the lock.  Returns false when this thread holds it already. */
static inline bool ffisan_lock_take(struct ffisan_lock *lock)
{
    uintptr_t me = (uintptr_t)pthread_self(), free_owner = 0;
    if (atomic_load(&lock->owner) == me)
        return false;
    while (!atomic_compare_exchange_weak(&lock->owner, &free_owner, me)) {
        free_owner = 0;
        sched_yield();
    }
    return true;
}

static inline void ffisan_lock_give(struct ffisan_lock *lock)
{
    atomic_store(&lock->owner, 0);
}

#endif
