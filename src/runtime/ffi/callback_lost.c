/* SPDX-License-Identifier: MIT */
/*
 * A few callbacks that C got once and has forgotten harm nobody, and a program may have one that
 * only the kernel knows of.  Many of one place are made again and again.
 */
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/thread.h"
#include "runtime/ffi/callback_books.h"
#include "runtime/ffi/callbacks.h"

#include <signal.h>
#include <string.h>

#define FEWEST 16u /* lost ones of one place that are reported */

static bool is_worth_it(const struct ffisan_callbacks *callbacks)
{
    uint32_t n;
    if (!callbacks || !callbacks->page || callbacks->n_used < FEWEST ||
        callbacks->is_exhaustion_told || !ffisan_runtime.options.leaks)
        return false;
    ffisan_callback_most_frequent(callbacks, &n);
    return n >= FEWEST;
}

static void found(void *context, uintptr_t address)
{
    struct ffisan_callbacks *callbacks = context;
    uint32_t slot = ffisan_callback_slot(callbacks->page, address);
    if (slot != UINT32_MAX)
        callbacks->reached[slot / 64] |= UINT64_C(1) << slot % 64;
}

/* The kernel has the address of a signal's handler, in no memory of ours. */
static void find_in_kernel(struct ffisan_callbacks *callbacks)
{
    struct sigaction action;
    for (int number = 1; number < _NSIG; number++)
        if (sigaction(number, NULL, &action) == 0)
            found(callbacks, (uintptr_t)action.sa_handler);
}

static bool find(struct ffisan_callbacks *callbacks, enum ffisan_leaks_where where)
{
    return ffisan_leaks_find_addresses(callbacks->state, where, callbacks->page,
                                       FFISAN_CALLBACK_PAGE_BYTES, found, callbacks);
}

void ffisan_callbacks_note_kept(struct ffisan_state *state)
{
    struct ffisan_callbacks *callbacks = state->callbacks;
    if (!is_worth_it(callbacks) || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    memset(callbacks->reached, 0, sizeof(callbacks->reached));
    find_in_kernel(callbacks);
    callbacks->is_reach_known = find(callbacks, FFISAN_LEAKS_IN_C);
    ffisan_thread.is_busy = was_busy;
    ffisan_lock_give(&ffisan_runtime.lock);
}

static uint32_t count_lost(const struct ffisan_callbacks *callbacks, uint32_t like)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < FFISAN_CALLBACK_SLOTS; i++) {
        const struct ffisan_callback_slot *slot = &callbacks->slots[i];
        bool is_reached = callbacks->reached[i / 64] >> i % 64 & 1;
        n += slot->is_used && slot->made == callbacks->slots[like].made && !is_reached;
    }
    return n;
}

void ffisan_callbacks_find_lost(struct ffisan_state *state)
{
    struct ffisan_callbacks *callbacks = state->callbacks;
    uint32_t n;
    if (!is_worth_it(callbacks) || !callbacks->is_reach_known ||
        !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    uint32_t slot = ffisan_callback_most_frequent(callbacks, &n);
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    callbacks->is_reach_known = false; /* once */
    uint32_t n_lost = find(callbacks, FFISAN_LEAKS_IN_LUA) ? count_lost(callbacks, slot) : 0;
    if (n_lost >= FEWEST)
        ffisan_callback_report_lost(callbacks, slot, n_lost);
    ffisan_thread.is_busy = was_busy;
    ffisan_lock_give(&ffisan_runtime.lock);
}

/* A program that ends by exit does not close its states. */
__attribute__((destructor)) static void at_exit(void)
{
    struct ffisan_state *state = ffisan_thread_state();
    if (!state || state->is_ending)
        return;
    ffisan_callbacks_note_kept(state);
    ffisan_callbacks_find_lost(state);
}
