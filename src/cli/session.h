/* SPDX-License-Identifier: MIT */
/** One watched run from beginning to end: what `run` and `resty` have in common. */
#ifndef FFISAN_CLI_SESSION_H
#define FFISAN_CLI_SESSION_H

#include "cli/launch.h"
#include "cli/settings.h"

struct ffisan_session {
    struct ffisan_settings settings;
    int exit_code;     /**< when an error was found */
    bool preload_only; /**< leave LUA_INIT alone */
    char *library;     /**< owned; set by ffisan_session_begin() */
    char *run_dir;     /**< owned; set by ffisan_session_begin() */
    bool is_kept;      /**< processes live on, and still write to the run directory */
};

/** Starts with the options of the environment; false when those are not understood. */
bool ffisan_session_init(struct ffisan_session *session, struct ffisan_failure *failure);

/** Reads the value of --exit-code. */
bool ffisan_session_set_exit_code(struct ffisan_session *session, const char *value,
                                  struct ffisan_failure *failure);

/**
 * Finds the library, makes the run directory, and changes this process's environment so that
 * programs started from now on are watched.
 */
bool ffisan_session_begin(struct ffisan_session *session, struct ffisan_failure *failure);

/**
 * Sums up the run: prints what is to be said (nothing when the run was clean), and returns the
 * exit status of the command, which is `status` when no error was found.
 */
int ffisan_session_report(struct ffisan_session *session, const char *program, int status);

/**
 * Removes the run directory, unless processes of the run live on.  The session may be half
 * initialised.
 */
void ffisan_session_fini(struct ffisan_session *session);

#endif
