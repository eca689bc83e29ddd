/* SPDX-License-Identifier: MIT */
/* Signals: addresses that the kernel keeps for a while, of a stack or in the value of a signal. */
#include "runtime/fault/door.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

static void holds(uintptr_t key, const void *address)
{
    if (ffisan_door_keeper.holds)
        ffisan_door_keeper.holds(key, (uintptr_t)address);
}

static void queued(union sigval value)
{
    if (ffisan_door_keeper.queued)
        ffisan_door_keeper.queued((uintptr_t)value.sival_ptr);
}

/* A thread has one. */
static uintptr_t key_of_stack(void)
{
    static __thread char place;
    return (uintptr_t)&place;
}

FFISAN_DOOR_OPEN(int, sigaltstack, (const stack_t *stack, stack_t *old))
{
    static const char function[] = "sigaltstack";
    IN(1, stack, sizeof(*stack));
    OUT(2, old, sizeof(*old));
    int result = FFISAN_DOOR_REAL(int, sigaltstack, (const stack_t *, stack_t *))(stack, old);
    if (result == 0 && stack)
        holds(key_of_stack(), stack->ss_flags & SS_DISABLE ? NULL : stack->ss_sp);
    return result;
}

FFISAN_DOOR_OPEN(int, timer_create, (clockid_t clock, struct sigevent *event, timer_t *ret_timer))
{
    static const char function[] = "timer_create";
    IN(2, event, sizeof(*event));
    OUT(3, ret_timer, sizeof(*ret_timer));
    int result = FFISAN_DOOR_REAL(int, timer_create, (clockid_t, struct sigevent *, timer_t *))(
        clock, event, ret_timer);
    if (result == 0 && event)
        holds((uintptr_t)*ret_timer << 1 | 1, event->sigev_value.sival_ptr);
    return result;
}

FFISAN_DOOR_OPEN(int, timer_delete, (timer_t timer))
{
    holds((uintptr_t)timer << 1 | 1, NULL);
    return FFISAN_DOOR_REAL(int, timer_delete, (timer_t))(timer);
}

FFISAN_DOOR_OPEN(int, sigqueue, (pid_t process, int signal, const union sigval value))
{
    queued(value);
    return FFISAN_DOOR_REAL(int, sigqueue, (pid_t, int, const union sigval))(process, signal,
                                                                             value);
}

FFISAN_DOOR_OPEN(int, pthread_sigqueue, (pthread_t thread, int signal, const union sigval value))
{
    queued(value);
    return FFISAN_DOOR_REAL(int, pthread_sigqueue,
                            (pthread_t, int, const union sigval))(thread, signal, value);
}
