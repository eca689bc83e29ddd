/* SPDX-License-Identifier: MIT */
/*
 * A fortified siglongjmp refuses to jump between stacks, which is what a jump out of a handler on
 * an alternate stack does: hence the plain one.
 */
#undef _FORTIFY_SOURCE
#include "runtime/fault/guard.h"

#include "base/lock.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/signals.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>

struct guard {
    sigjmp_buf jump;
    uintptr_t address; /* faults in [address, address + size) are expected; size 0: all */
    size_t size;
    struct guard *outer;
    unsigned handler_depth;
};

static __thread struct guard *innermost __attribute__((tls_model("initial-exec")));

static void guard_enter(struct guard *guard, const void *address, size_t size)
{
    guard->address = (uintptr_t)address;
    guard->size = size;
    guard->outer = innermost;
    guard->handler_depth = ffisan_signals_depth();
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    innermost = guard;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void guard_leave(const struct guard *guard)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    innermost = guard->outer;
}

bool ffisan_guard_try(void (*run)(void *argument), void *argument)
{
    struct guard guard;
    guard_enter(&guard, NULL, 0);
    bool is_first = sigsetjmp(guard.jump, 0) == 0;
    if (is_first)
        run(argument);
    guard_leave(&guard);
    return is_first;
}

bool ffisan_guard_run(void (*run)(void *argument), void *argument)
{
    struct ffisan_quiet quiet;
    ffisan_quiet_begin(&quiet);
    bool is_done = ffisan_guard_try(run, argument);
    ffisan_quiet_end(&quiet);
    return is_done;
}

bool ffisan_guard_copy(void *target, const void *source, size_t size_bytes)
{
    struct guard guard;
    if (source == NULL || size_bytes == 0)
        return size_bytes == 0;
    guard_enter(&guard, source, size_bytes);
    bool is_first = sigsetjmp(guard.jump, 0) == 0;
    if (is_first)
        memcpy(target, source, size_bytes);
    guard_leave(&guard);
    return is_first;
}

bool ffisan_guard_exchange(uint64_t *word, uint64_t old, uint64_t new_word)
{
    struct guard guard;
    guard_enter(&guard, word, sizeof(*word));
    bool done = sigsetjmp(guard.jump, 0) == 0 &&
                __atomic_compare_exchange_n(word, &old, new_word, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST);
    guard_leave(&guard);
    return done;
}

/*
 * A handler of the program may have jumped out of a guard, which then points into a dead stack:
 * the code that a guard runs is a little deeper on the same stack.
 */
static bool guard_covers(const struct guard *guard, uintptr_t address, uintptr_t stack_pointer)
{
    enum { DEEPEST = 1 << 20 };
    if ((uintptr_t)guard - stack_pointer > DEEPEST)
        return false;
    return guard->size == 0 || address - guard->address < guard->size;
}

void ffisan_guard_catch(uintptr_t address, const ucontext_t *context)
{
    uintptr_t stack_pointer = ffisan_arch_stack_pointer(context);
    struct guard *guard = innermost;
    while (guard != NULL && !guard_covers(guard, address, stack_pointer))
        guard = guard->outer;
    if (guard == NULL)
        return;
    ffisan_lock_abandon();
    ffisan_signals_leave_handler(guard->handler_depth, context);
    siglongjmp(guard->jump, 1);
}

void ffisan_quiet_begin(struct ffisan_quiet *quiet)
{
    quiet->saved_errno = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &quiet->cancel_state);
    ffisan_signals_block(&quiet->mask);
}

void ffisan_quiet_end(const struct ffisan_quiet *quiet)
{
    ffisan_signals_restore(&quiet->mask);
    pthread_setcancelstate(quiet->cancel_state, NULL);
    errno = quiet->saved_errno;
}
