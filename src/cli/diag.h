/* SPDX-License-Identifier: MIT */
/**
 * What the command says to people about itself: the only printer of errors.
 *
 * Helpers do not print: they fill a struct ffisan_failure and return false (or NULL, or -1), and
 * the command that called them prints it once and exits with its status.
 */
#ifndef FFISAN_CLI_DIAG_H
#define FFISAN_CLI_DIAG_H

#include <stdbool.h>

/** Exit statuses besides the program's own; the last three as timeout(1) and env(1) have them. */
enum ffisan_exit {
    FFISAN_EXIT_OK = 0,
    FFISAN_EXIT_NO = 1,        /**< doctor: it will not work; show: not all was readable */
    FFISAN_EXIT_FINDINGS = 66, /**< an error was found; --exit-code changes it */
    FFISAN_EXIT_OWN = 125,     /**< ffisan could not do its own part */
    FFISAN_EXIT_NOT_EXECUTABLE = 126,
    FFISAN_EXIT_NOT_FOUND = 127,
};

/** Why something failed. */
struct ffisan_failure {
    int status;      /**< exit status that goes with it */
    char text[2048]; /**< without prefix, without newline */
};

/** Fills in `failure` and returns false. */
bool ffisan_failure_set(struct ffisan_failure *failure, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Prints "ffisan: <text>" on standard error and returns the failure's exit status. */
int ffisan_diag_failure(const struct ffisan_failure *failure);

/** Prints "ffisan: <message>" on standard error. */
void ffisan_diag_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** True when `fd` is a terminal that wants colours (NO_COLOR, TERM=dumb). */
bool ffisan_diag_wants_color(int fd);

#endif
