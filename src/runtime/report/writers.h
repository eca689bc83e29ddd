/* SPDX-License-Identifier: MIT */
/**
 * Which places of the program were seen to write to blocks that are made in one place.  Damage that
 * is found later, as compiled code did it, is then put down to the only place there is.
 * Context: the thread of the state.
 */
#ifndef FFISAN_REPORT_WRITERS_H
#define FFISAN_REPORT_WRITERS_H

#include <stdbool.h>
#include <stdint.h>

struct ffisan_state;

/** The blocks: `made` as in the books of their slots. */
struct ffisan_written {
    uint32_t made;
    bool is_c; /**< memory of C */
};

/** Lua code that runs now writes to one, at the instruction `place`. */
void ffisan_writers_note(struct ffisan_state *state, struct ffisan_written written, uint64_t place);

/** The stack of the only place that did, as a number of the state's store; 0 = none, or several. */
uint32_t ffisan_writers_find(const struct ffisan_state *state, struct ffisan_written written);

void ffisan_writers_forget(struct ffisan_state *state);
void ffisan_writers_free(struct ffisan_state *state);

#endif
