/* SPDX-License-Identifier: MIT */
/** The programs of robust_malloc that are not in malloc_host.c, and what all of them share. */
#ifndef FFISAN_TESTS_ROBUST_MALLOC_HOST_H
#define FFISAN_TESTS_ROBUST_MALLOC_HOST_H

#include "lua_state.h"

/** Lua code that asks malloc for much, and returns a number. */
extern const char work[];

/** Ends a program: its exit status. */
static inline int close_state(lua_State *L)
{
    lua_close(L);
    return 3;
}

int own_handler_and_stack(void);
int blocked_signals(void);
int handler_that_allocates(void);
int large_stacks(void);
int forks_while_others_allocate(void);
int many_states(void);
int held_by_another_state(void);
int held_by_a_worker(void);
int other_threads_free(void);
int allocator_questions(void);
int blocks_from_before(void);
int allocators_that_go(void);
int states_after_each_other(void);

#endif
