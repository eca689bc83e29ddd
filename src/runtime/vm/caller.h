/* SPDX-License-Identifier: MIT */
/**
 * Who called the VM's allocation helper?  Inside compiled code that return address is the only
 * trace of the position.  The helper's frame has a constant size, learned once by unwinding, so
 * afterwards the caller is one load away.
 */
#ifndef FFISAN_VM_CALLER_H
#define FFISAN_VM_CALLER_H

#include <stdint.h>

#define FFISAN_CALLERS 256 /* the index is made of low bits: the same wherever the code is loaded */

#define FFISAN_CALLER_PROBES 4

/** Written once: threads read the table while another one learns. */
struct ffisan_caller {
    uintptr_t helper; /**< return address in the helper (lj_mem_newgco, lj_mem_realloc ...) */
    uint32_t frame;   /**< from our CFA to the helper's CFA, in bytes; UINT32_MAX = not constant */
};
extern __attribute__((visibility("hidden"))) struct ffisan_caller ffisan_callers[FFISAN_CALLERS];

/**
 * Learns the frame size of a helper.  Call it while no compiled code runs.  Any thread.
 * `module`: where the VM is loaded; code of others (an allocator in front of ours) tells nothing.
 */
void ffisan_caller_learn(uintptr_t helper, const void *module);

/** The place of a helper: its entry, or the one to use; the last one may be somebody else's. */
static inline struct ffisan_caller *ffisan_caller_entry(uintptr_t helper)
{
    unsigned index = (unsigned)(helper >> 2), n = 0;
    struct ffisan_caller *entry;
    uintptr_t found;
    do {
        entry = &ffisan_callers[(index + n) % FFISAN_CALLERS];
        found = __atomic_load_n(&entry->helper, __ATOMIC_ACQUIRE);
    } while (__builtin_expect(found != helper, 0) && found != 0 && ++n < FFISAN_CALLER_PROBES);
    return entry;
}

/** The address that the helper returns to, or 0.  `cfa`: of our function that the helper called. */
static inline uintptr_t ffisan_caller_find(uintptr_t helper, uintptr_t cfa)
{
    const struct ffisan_caller *entry = ffisan_caller_entry(helper);
    if (entry->helper != helper || entry->frame == UINT32_MAX)
        return 0;
    return *(const uintptr_t *)(cfa + entry->frame - 8);
}

/** The same where a wrong answer does no harm: may also return 0 for a helper that is known. */
static inline uintptr_t ffisan_caller_find_fast(uintptr_t helper, uintptr_t cfa)
{
    const struct ffisan_caller *entry = &ffisan_callers[(helper >> 2) % FFISAN_CALLERS];
    if (__builtin_expect(entry->helper != helper || entry->frame == UINT32_MAX, 0))
        return 0;
    return *(const uintptr_t *)(cfa + entry->frame - 8);
}

/** Need not be learned: is in the table, or finds no room there. */
static inline int ffisan_caller_is_known(uintptr_t helper)
{
    return ffisan_caller_entry(helper)->helper != 0;
}

#endif
