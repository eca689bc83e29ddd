/* SPDX-License-Identifier: MIT */
/** Runs a program for its output. */
#ifndef FFISAN_CLI_CAPTURE_H
#define FFISAN_CLI_CAPTURE_H

/**
 * Runs argv[0] (looked up in PATH) with an empty standard input, at most `timeout_seconds`, and
 * returns the first 256 KiB of what it wrote to standard output and standard error, or NULL when
 * it could not be started.  `ret_status` (may be NULL) is as in ffisan_launch_result.
 * The caller frees the text.
 */
char *ffisan_capture(char *const *argv, unsigned timeout_seconds, int *ret_status);

#endif
