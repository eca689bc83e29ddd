/* SPDX-License-Identifier: MIT */
/** The programs of robust_host that are not in host.c, and what all of them share. */
#ifndef FFISAN_TESTS_ROBUST_HOST_H
#define FFISAN_TESTS_ROBUST_HOST_H

#include "lua_state.h"

/** Lua code that allocates, and returns a number. */
extern const char work[];

int own_faults(void);
int stack_faults(void);
int many_signals(void);
int strict_filter(void);
int strict_filter_by_number(void);

/** With that much address space. */
int little_address_space(const char *mib);

#endif
