/* SPDX-License-Identifier: MIT */
/**
 * FFISAN_RUN_DIR: what the watched processes of one run left behind.  Each appends its findings to
 * <pid>.jsonl and lines of key=value to <pid>.status; both may end in the middle of a line.
 */
#ifndef FFISAN_CLI_RUNDIR_H
#define FFISAN_CLI_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

enum { FFISAN_RUNDIR_MAX_IDS = 256, FFISAN_RUNDIR_MAX_TEXTS = 16 };

/** A set of lines without duplicates; what does not fit is counted only. */
struct ffisan_rundir_texts {
    char *texts[FFISAN_RUNDIR_MAX_TEXTS];
    size_t n_texts;
};

/** The sum over all processes. */
struct ffisan_rundir_result {
    size_t n_errors;
    size_t n_leaks;
    size_t n_warnings;
    size_t n_suppressed; /**< different ones in each process */
    size_t n_watched;    /**< processes that a LuaJIT was watched in */
    size_t n_affected;   /**< processes with a finding */
    size_t n_ids;        /**< different findings, at most FFISAN_RUNDIR_MAX_IDS */
    bool is_alive;       /**< one of the watched processes still runs */
    struct ffisan_rundir_texts degraded;
    struct ffisan_rundir_texts notes;
    char ids[FFISAN_RUNDIR_MAX_IDS][20];
};

/** Sums up the directory.  Free the result with ffisan_rundir_free(). */
void ffisan_rundir_read(const char *path, struct ffisan_rundir_result *ret_result);
void ffisan_rundir_free(struct ffisan_rundir_result *result);

/**
 * Is a process alive that was started with this FFISAN_RUN_DIR, besides ourselves?  A guess from
 * /proc: processes of other users are not seen.
 */
bool ffisan_rundir_has_processes(const char *path);

#endif
