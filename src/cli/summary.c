/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include "cli/diag.h"

#include <stdio.h>
#include <string.h>

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* ", 2 leaks" */
static void add_count(char *text, size_t size, size_t n, const char *what)
{
    size_t length = strlen(text);
    if (n > 0)
        snprintf(text + length, size - length, "%s%zu %s%s", length > 0 ? ", " : "", n, what,
                 plural(n));
}

bool ffisan_summary_has_failed(const struct ffisan_rundir_result *result)
{
    return result->n_errors + result->n_leaks > 0;
}

static void say_counts(const struct ffisan_rundir_result *result, int status)
{
    char counts[160] = "", distinct[64] = "", outcome[64] = "";
    size_t n = result->n_errors + result->n_leaks + result->n_warnings;
    add_count(counts, sizeof(counts), result->n_errors, "error");
    add_count(counts, sizeof(counts), result->n_leaks, "leak");
    add_count(counts, sizeof(counts), result->n_warnings, "warning");
    if (result->n_ids > 0 && result->n_ids < n && result->n_ids < FFISAN_RUNDIR_MAX_IDS)
        snprintf(distinct, sizeof(distinct), " (%zu different)", result->n_ids);
    if (status >= 0 && ffisan_summary_has_failed(result))
        snprintf(outcome, sizeof(outcome), " (exit status %d)", status);
    ffisan_diag_say("%s%s in %zu process%s%s", counts, distinct, result->n_affected,
                    result->n_affected == 1 ? "" : "es", outcome);
}

void ffisan_summary_say_findings(const struct ffisan_rundir_result *result, int status)
{
    if (result->n_affected > 0)
        say_counts(result, status);
    if (result->n_suppressed > 0)
        ffisan_diag_say("%zu finding%s suppressed", result->n_suppressed,
                        plural(result->n_suppressed));
}

static void say_texts(const char *prefix, const struct ffisan_rundir_texts *set)
{
    for (size_t i = 0; i < set->n_texts; i++)
        ffisan_diag_say("%s%s", prefix, set->texts[i]);
}

void ffisan_summary_say_gaps(const struct ffisan_rundir_result *result, bool with_notes)
{
    if (with_notes)
        say_texts("", &result->notes);
    say_texts("not everything was watched: ", &result->degraded);
}
