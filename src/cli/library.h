/* SPDX-License-Identifier: MIT */
/** Where libffisan.so is. */
#ifndef FFISAN_CLI_LIBRARY_H
#define FFISAN_CLI_LIBRARY_H

#include "cli/diag.h"

/**
 * The absolute path of the library: FFISAN_LIBRARY, or beside the command, or where it is
 * installed (../lib/ffisan, ../lib).  NULL with `failure`; the caller frees it.
 */
char *ffisan_library_find(struct ffisan_failure *failure);

#endif
