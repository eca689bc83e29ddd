/* SPDX-License-Identifier: MIT */
/**
 * Before a forced cycle: clears stack slots that no code will read again.
 *
 * The collector marks every slot of every frame, also temporaries that are left over from an
 * expression or a call, and so keeps objects alive that the program has lost (vm/liveness.h).
 * Variables in scope are never touched.
 */
#ifndef FFISAN_CYCLE_DEADSLOTS_H
#define FFISAN_CYCLE_DEADSLOTS_H

#include <stdbool.h>

struct ffisan_state;

/**
 * Clears the dead slots of the running thread and of the main thread.  Does nothing while compiled
 * code runs, or when the bytecode of this LuaJIT is not the one that vm/liveness.h knows.
 * Context: inside the state's allocator, or (`is_hook`) a hook, where the function on top has not
 * begun its next instruction.
 */
void ffisan_deadslots_clear(struct ffisan_state *state, bool is_hook);

#endif
