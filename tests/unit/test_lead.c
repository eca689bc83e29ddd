/* SPDX-License-Identifier: MIT */
/* One word among many: the quick look at memory misses none and invents none. */
#include "runtime/audit/lead.h"

#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

struct ffisan_standin_range ffisan_standin_range;

struct ffisan_standin *ffisan_standin_for(struct ffisan_state *state,
                                          const struct ffisan_slot_ref *ref)
{
    (void)state;
    (void)ref;
    return NULL;
}

void ffisan_standin_watch(struct ffisan_standin *standin, size_t content)
{
    (void)standin, (void)content;
}

struct ffisan_standin *ffisan_standin_find(uintptr_t address)
{
    (void)address;
    return NULL;
}

bool ffisan_guard_exchange(uint64_t *word, uint64_t old, uint64_t new_word)
{
    (void)old;
    *word = new_word;
    return true;
}

bool ffisan_guard_run(void (*run)(void *argument), void *argument)
{
    run(argument);
    return true;
}

enum { MOST = 80 };
static uint64_t words[MOST + 1]; /* the last is behind the memory that is looked at */

static bool any(const struct ffisan_audit *audit, size_t start, size_t n)
{
    return ffisan_lead_is_any(audit, (uintptr_t)&words[start], n * 8);
}

static void fill(uint64_t word)
{
    for (size_t i = 0; i <= MOST; i++)
        words[i] = word;
}

/* For memory of each length and each place in it: is the word found there, and only there? */
static bool is_found(const struct ffisan_audit *audit, uint64_t word, uint64_t other)
{
    for (size_t start = 0; start < 4; start++)
        for (size_t n = 0; start + n <= MOST; n++) {
            fill(other);
            words[start + n] = word; /* just behind */
            if (any(audit, start, n))
                return false;
            words[start + n] = other;
            for (size_t i = 0; i < n; i++) {
                words[start + i] = word;
                if (!any(audit, start, n))
                    return false;
                words[start + i] = other;
            }
        }
    return true;
}

/* The same for memory that begins at no multiple of 8. */
static bool is_found_anywhere(const struct ffisan_audit *audit, uint64_t word)
{
    for (size_t start = 1; start < 8; start++)
        for (size_t i = 0; i < MOST; i++) {
            uintptr_t memory = (uintptr_t)words + start;
            fill(0);
            memcpy((void *)(memory + i * 8), &word, sizeof(word));
            if (!ffisan_lead_is_any(audit, memory, (i + 1) * 8) ||
                ffisan_lead_is_any(audit, memory, i * 8))
                return false;
        }
    return true;
}

static bool is_ignored(const struct ffisan_audit *audit, uint64_t word)
{
    fill(word);
    for (size_t n = 0; n <= MOST; n++)
        if (any(audit, 0, n))
            return false;
    return true;
}

int main(void)
{
    const uint64_t lo = UINT64_C(0x7f1234000000), hi = lo + 2 * FFISAN_REGION_SIZE;
    const uint64_t standins = UINT64_C(0x7e0000001000), end = UINT64_C(0x7e0400000000);
    struct ffisan_audit audit = {.lo = lo, .hi = hi};
    TAP_OK(is_ignored(&audit, 0) && is_ignored(&audit, UINT64_MAX), "without stand-ins");
    ffisan_standin_range = (struct ffisan_standin_range){.lo = standins, .hi = end, .used = end};
    TAP_OK(is_found(&audit, lo, 0) && is_found(&audit, hi - 1, UINT64_MAX), "ends of the heap");
    TAP_OK(is_found(&audit, lo + 0x1234567, lo - 1), "its middle");
    TAP_OK(is_found_anywhere(&audit, lo + 0x1234560), "also in memory that begins anywhere");
    TAP_OK(is_found(&audit, standins, standins - 1) && is_found(&audit, end - 1, end),
           "ends of the stand-ins");
    TAP_OK(is_ignored(&audit, lo - 1) && is_ignored(&audit, hi) && is_ignored(&audit, lo - 8),
           "just outside of the heap");
    TAP_OK(is_ignored(&audit, lo | UINT64_C(1) << 63) &&
               is_ignored(&audit, lo + (UINT64_C(1) << 58)),
           "the same bits with others before them");
    TAP_OK(is_ignored(&audit, lo >> 8) && is_ignored(&audit, lo << 8), "the same bits elsewhere");
    audit.lo = audit.hi = 0;
    TAP_OK(is_ignored(&audit, lo) && is_ignored(&audit, 0), "no heap");
    return tap_done();
}
