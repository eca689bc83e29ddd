/* SPDX-License-Identifier: MIT */
/**
 * Blocks of the program's own allocator, for malloc and for who searches memory: the ledger under
 * the lock of the C heap, of which it is a part (cheap.h).
 * Context: any thread, as there.
 */
#ifndef FFISAN_CMEM_LISTED_H
#define FFISAN_CMEM_LISTED_H

#include "runtime/cmem/cheap.h"

/** Lists a block of the program's own allocator, which was asked for `asked` (ledger.h). */
void ffisan_listed_add(void *block, size_t size, size_t asked, uint32_t place);

/** There is no memory: gives back all that rests.  True when there was any. */
bool ffisan_listed_give_back(void);

/** A listed block that nothing certain is known of is forgotten: was it one? */
bool ffisan_listed_strike(void *block);

/**
 * Some listed blocks may be freed without our knowing (ledger.h): is that so by now?  Asked before
 * anything is said of a live one.
 */
bool ffisan_listed_is_certain(void);
void ffisan_listed_doubt(void);

/** Takes a listed block that was written to while it rested; false when there is none. */
bool ffisan_listed_take_written(struct ffisan_slot_ref *ret_ref);

/** Does the address lie in a listed block that is certain to be live, or resting?  Context: any. */
bool ffisan_listed_covers(uintptr_t address);

/**
 * Who searches memory of the process meets listed blocks there.  Is it to leave out what lies at
 * `place`?  What was freed is nobody's holder.  What is live is searched as a block, so it is left
 * out of the heap of brk; in variables of a thread, for which libc asks malloc, it is met first.
 */
bool ffisan_listed_is_searched_apart(uintptr_t place, bool is_brk);

/** As ffisan_cheap_free, for a block that is none of our heaps. */
enum ffisan_cheap_answer ffisan_listed_free(struct ffisan_state *state, void *block,
                                            enum ffisan_cfree_function function, uintptr_t pc,
                                            uintptr_t sp, struct ffisan_slot_ref *ret_ref);

#endif
