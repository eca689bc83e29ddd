/* SPDX-License-Identifier: MIT */
/**
 * FFISAN_RUN_DIR: what the watched processes of one run left behind.  Each appends its findings to
 * <pid>.jsonl and lines of key=value to <pid>.status; both may end in the middle of a line.
 * What it cannot write to the file of --report it appends to <pid>.undelivered.
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
    struct ffisan_rundir_texts degraded;
    struct ffisan_rundir_texts notes;
    char ids[FFISAN_RUNDIR_MAX_IDS][20];
};

/** Sums up the directory.  Free the result with ffisan_rundir_free(). */
void ffisan_rundir_read(const char *path, struct ffisan_rundir_result *ret_result);
void ffisan_rundir_free(struct ffisan_rundir_result *result);

/**
 * Appends what processes could not write to the file of --report, because they had changed their
 * user or could not see it, to that file; false when that fails.
 */
bool ffisan_rundir_deliver(const char *path, const char *pattern);

/**
 * The names of the files with findings, in the order of their processes, for the caller to free
 * like the array, which ends with NULL; NULL when the directory cannot be read.
 */
char **ffisan_rundir_records(const char *path);

#endif
