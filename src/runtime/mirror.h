/* SPDX-License-Identifier: MIT */
/**
 * Programs that bring an allocator of their own (lua_newstate with it) count what their scripts
 * take, and set limits.  They keep doing so: each block that our heap hands out has a twin of the
 * same size from their allocator, asked for and given back by the same calls in the same order.
 * When theirs refuses, so do we.
 */
#ifndef FFISAN_RUNTIME_MIRROR_H
#define FFISAN_RUNTIME_MIRROR_H

#include "runtime/vm/api.h"

struct ffisan_state;

/** The lua_Alloc of states with state->twin_allocf set; ud is the struct ffisan_state. */
void *ffisan_mirror_allocf(void *ud, void *block, size_t old_size, size_t new_size);

#endif
