/* SPDX-License-Identifier: MIT */
/**
 * Which processes of a run are still there: each watched one has a lock on a file of the run
 * directory.
 */
#ifndef FFISAN_CLI_ALIVE_H
#define FFISAN_CLI_ALIVE_H

#include <stdbool.h>
#include <stddef.h>

/** Makes the file, which has no content; false with errno set. */
bool ffisan_alive_prepare(const char *run_dir);

/** Is this the directory of a run? */
bool ffisan_alive_is_run(const char *path);

/** Does a process live that a LuaJIT was watched in, or that was forked by one? */
bool ffisan_alive_any(const char *run_dir);

/** How many do: 0 when /proc does not tell, as for processes of other users. */
size_t ffisan_alive_count(const char *run_dir);

/**
 * Is a process alive that was started with this FFISAN_RUN_DIR, besides ourselves, whether it has a
 * LuaJIT or not?  A guess from /proc: processes of other users are not seen.
 */
bool ffisan_alive_started(const char *run_dir);

#endif
