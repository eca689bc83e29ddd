/* SPDX-License-Identifier: MIT */
/**
 * The program does not see how it is watched: getenv answers as if ffisan were not there.  The
 * environment itself stays as it is, so that child processes are watched too.
 */
#ifndef FFISAN_ENTRY_HIDE_H
#define FFISAN_ENTRY_HIDE_H

/** getenv without hiding. */
const char *ffisan_hidden_getenv(const char *name);

#endif
