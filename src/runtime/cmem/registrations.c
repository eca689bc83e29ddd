/* SPDX-License-Identifier: MIT */
/*
 * No lock: an entry belongs to its descriptor, and who registers one descriptor from two threads at
 * a time has no order in the kernel either.
 */
#include "runtime/cmem/registrations.h"

#include "runtime/audit/standin.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/door.h"
#include "runtime/state.h"

#include <stdbool.h>
#include <sys/epoll.h>

#define N_ENTRIES 4096u /* descriptors, the others are not watched */

struct entry {
    uint64_t given; /* by the program; 0 = nothing is of interest */
    struct ffisan_registration now;
    int epoll;
};

static struct {
    uint32_t n_used; /* entries up to the highest descriptor that was noted */
    struct entry entries[N_ENTRIES];
} registrations;

static struct entry *entry_of(int fd)
{
    return (unsigned)fd < N_ENTRIES ? &registrations.entries[fd] : NULL;
}

static void clear(struct entry *entry)
{
    __atomic_store_n(&entry->given, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->now.word, 0, __ATOMIC_RELEASE);
}

static bool leads_to_lua(uint64_t word)
{
    return word >> 47 == 0 && (ffisan_standin_covers(word) || ffisan_state_owning(word));
}

static bool leads_to_c(uint64_t word)
{
    struct ffisan_slot_ref ref;
    return word >> 47 == 0 && ffisan_cheap_find_live(word, &ref);
}

static void note_kept(int epoll, int fd, uint64_t word, uintptr_t pc, uintptr_t sp)
{
    struct entry *entry = entry_of(fd);
    struct ffisan_state *state = NULL;
    if (!entry)
        return;
    clear(entry);
    bool is_of_lua = leads_to_lua(word);
    if (!is_of_lua && !leads_to_c(word))
        return;
    if (is_of_lua && ffisan_thread.state && !ffisan_thread.is_busy && ffisan_ctraces_end() > 0)
        state = ffisan_thread_state();
    entry->epoll = epoll;
    entry->now.made = state ? ffisan_ctraces_here(state, pc, sp) : 0;
    __atomic_store_n(&entry->now.word, word, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->given, word, __ATOMIC_RELEASE);
    for (uint32_t n = registrations.n_used; n <= (uint32_t)fd;)
        __atomic_compare_exchange_n(&registrations.n_used, &n, (uint32_t)fd + 1, false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Those of the descriptors from `first` to `last`, and of what these watch. */
static void note_closing(int first, int last)
{
    for (uint32_t fd = 0; fd < registrations.n_used; fd++) {
        struct entry *entry = &registrations.entries[fd];
        bool is_closed = (int)fd >= first && (int)fd <= last;
        if (entry->given && (is_closed || (entry->epoll >= first && entry->epoll <= last)))
            clear(entry);
    }
}

static void note_removed(int fd)
{
    struct entry *entry = entry_of(fd);
    if (entry)
        clear(entry);
}

/* The word that stands for the one that the kernel has handed back. */
static uint64_t word_for(uint64_t given)
{
    for (uint32_t fd = 0; fd < registrations.n_used; fd++) {
        const struct entry *entry = &registrations.entries[fd];
        uint64_t word = __atomic_load_n(&entry->now.word, __ATOMIC_ACQUIRE);
        if (entry->given == given && word != given && word != 0)
            return word;
    }
    return given;
}

static void note_returned(struct epoll_event *events, int n)
{
    for (int i = 0; i < n && registrations.n_used > 0; i++)
        if (leads_to_lua(events[i].data.u64))
            events[i].data.u64 = word_for(events[i].data.u64);
}

/* ---- Other words ---------------------------------------------------------------------------- */

#define N_HELD 64u

static struct held {
    uintptr_t key; /* 0 = none */
    uint64_t word;
} held[N_HELD];

static struct held *find_held(uintptr_t key)
{
    for (unsigned i = 0; i < N_HELD; i++)
        if (__atomic_load_n(&held[i].key, __ATOMIC_ACQUIRE) == key)
            return &held[i];
    return NULL;
}

static struct held *claim_held(uintptr_t key)
{
    for (unsigned i = 0; i < N_HELD; i++) {
        uintptr_t none = 0;
        if (__atomic_compare_exchange_n(&held[i].key, &none, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return &held[i];
    }
    return NULL;
}

/* Without room, memory of C at least is never called lost. */
static void note_held(uintptr_t key, uint64_t word)
{
    bool is_wanted = leads_to_lua(word) || leads_to_c(word);
    struct held *entry = find_held(key);
    if (!entry && is_wanted && !(entry = claim_held(key)))
        ffisan_leaks_note_given(&word, sizeof(word));
    if (!entry)
        return;
    __atomic_store_n(&entry->word, is_wanted ? word : 0, __ATOMIC_RELEASE);
    if (!is_wanted)
        __atomic_store_n(&entry->key, 0, __ATOMIC_RELEASE);
}

static void note_queued(uint64_t word)
{
    ffisan_leaks_note_given(&word, sizeof(word));
}

void ffisan_registrations_each_held(void (*visit)(void *context, uint64_t word), void *context)
{
    for (unsigned i = 0; i < N_HELD; i++) {
        uint64_t word = __atomic_load_n(&held[i].word, __ATOMIC_ACQUIRE);
        if (word)
            visit(context, word);
    }
}

void ffisan_registrations_watch(void)
{
    ffisan_door_keeper.holds = note_held;
    ffisan_door_keeper.queued = note_queued;
    ffisan_door_keeper.kept = note_kept;
    ffisan_door_keeper.removed = note_removed;
    ffisan_door_keeper.closing = note_closing;
    ffisan_door_keeper.returned = note_returned;
}

void ffisan_registrations_each(void (*visit)(void *context,
                                             struct ffisan_registration *registration),
                               void *context)
{
    for (uint32_t fd = 0; fd < registrations.n_used; fd++)
        if (registrations.entries[fd].now.word)
            visit(context, &registrations.entries[fd].now);
}
