/* SPDX-License-Identifier: MIT */
/** Starts a program, stands between it and its parent, and waits for it. */
#ifndef FFISAN_CLI_LAUNCH_H
#define FFISAN_CLI_LAUNCH_H

#include "cli/diag.h"

/** How a program ended. */
struct ffisan_launch_result {
    int status;       /**< as a shell has it: exit status, or 128 + signal */
    int last_forward; /**< the last signal that was passed on to it; 0 = none */
};

/**
 * Can `program` be started, by path or through PATH?  False with the status 127 or 126 and a text.
 */
bool ffisan_launch_check(const char *program, struct ffisan_failure *failure);

/** The path that `program` would be started from; NULL when there is none.  The caller frees it. */
char *ffisan_launch_resolve(const char *program);

/**
 * Runs argv[0] with this process's environment and standard streams, passes on the signals that
 * are sent to us alone (HUP as QUIT when `hup_is_quit`), and waits until it has ended.
 */
bool ffisan_launch(char *const *argv, bool hup_is_quit, struct ffisan_launch_result *ret_result,
                   struct ffisan_failure *failure);

#endif
