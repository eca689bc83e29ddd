/* SPDX-License-Identifier: MIT */
/**
 * Cycles between lines.  The VM looks whether to collect only where it allocates; a pointer that is
 * lost and used between two allocations is missed by that.  So, with gc=auto, a line hook is set
 * whenever new code begins to run, collects at the first visits of each line, and is taken away as
 * soon as lines repeat: hooks keep code from being compiled, and loops shall be.  With gc=line the
 * hook stays, collects at every line, and the compiler is off: the recipe that people know.
 *
 * No code is announced as new when a loop ends that has taken the hook away.  So, with gc=auto, a
 * collection runs besides before a place in the program uses the ffi for the first time.
 *
 * A hook of the program's own is never touched.
 */
#ifndef FFISAN_CYCLE_LINES_H
#define FFISAN_CYCLE_LINES_H

#include "runtime/vm/api.h"
#include "runtime/vm/luastack.h"

#include <stdint.h>

struct ffisan_state;

/** What this file remembers of a state. */
struct ffisan_lines {
    bool is_hidden;       /**< the program's debug.gethook does not show our hook */
    void *gethook;        /**< what debug.gethook was */
    void *collectgarbage; /**< what collectgarbage was; NULL = not replaced yet */
    bool is_collecting;   /**< the collection that runs is ours */
    uint32_t n_boring;    /**< lines in a row that were seen before */
    uint64_t n_collections;
    uint64_t n_lines;               /**< entered while the hook was set */
    struct ffisan_luatop collected; /**< where the last one was; thread NULL: not known */
};

/** gc=line: sets the hook for good.  Context: outside of the allocator. */
void ffisan_lines_start(struct ffisan_state *state);

/** gc=auto: collects when places use the ffi for the first time.  Context: builtins.h. */
void ffisan_lines_watch(void);

/**
 * Makes debug.gethook blind for our hook, once the debug library is there; until then no hook is
 * set.  Context: outside of the allocator, also a finaliser.
 */
void ffisan_lines_hide(struct ffisan_state *state, lua_State *L);

/**
 * Has the program given up nothing since the last collection between lines?  Then another one would
 * find nothing.  Context: inside the allocator, or a hook.
 */
bool ffisan_lines_is_quiet(const struct ffisan_state *state);

/**
 * Lines that the program has entered; as long as this does not change no Lua code runs, but for the
 * rest of a line.  0 = they are not counted now.  Context: as above.
 */
uint64_t ffisan_lines_count(const struct ffisan_state *state);

/** gc=auto: new code runs.  Context: inside the allocator (lua_sethook may be called any time). */
void ffisan_lines_open(struct ffisan_state *state);

#endif
