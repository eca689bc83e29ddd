/* SPDX-License-Identifier: MIT */
/** What free is given: a block of the C heap, somebody else's, or an error. */
#ifndef FFISAN_CMEM_CFREE_H
#define FFISAN_CMEM_CFREE_H

#include "runtime/cmem/cheap.h"
#include "runtime/cmem/thread.h"

#include <stdbool.h>
#include <stdint.h>

/** "free", "realloc" ... */
const char *ffisan_cfree_name(enum ffisan_cfree_function function);

/** The seldom answers of ffisan_cheap_free: does the block pass? */
bool ffisan_cfree_judge(struct ffisan_state *state, enum ffisan_cheap_answer answer,
                        enum ffisan_cfree_function function, void *block,
                        const struct ffisan_slot_ref *ref);

/**
 * `function` gets this address to free it.  True: it is none of ours, the program's allocator
 * knows it.  False: it has been freed, or it was an error (freed before, memory of Lua, the middle
 * of a block, a variable), which has been reported; nothing is left to do, and the program goes
 * on.  NULL passes.
 * Context: any thread.  errno is kept.
 */
static inline bool ffisan_cfree_passes(enum ffisan_cfree_function function, void *block,
                                       uintptr_t pc, uintptr_t sp)
{
    struct ffisan_slot_ref ref;
    struct ffisan_state *state = ffisan_thread_state();
    enum ffisan_cheap_answer answer = ffisan_cheap_free(state, block, function, pc, sp, &ref);
    return answer != FFISAN_CHEAP_DONE && ffisan_cfree_judge(state, answer, function, block, &ref);
}

#endif
