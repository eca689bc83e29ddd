/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "cli/environment.h"
#include "cli/fs.h"
#include "cli/library.h"
#include "cli/rundir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ffisan_session_init(struct ffisan_session *session, struct ffisan_failure *failure)
{
    memset(session, 0, sizeof(*session));
    session->exit_code = FFISAN_EXIT_FINDINGS;
    return ffisan_settings_init(&session->settings, failure);
}

bool ffisan_session_set_exit_code(struct ffisan_session *session, const char *value,
                                  struct ffisan_failure *failure)
{
    char *end;
    long code = strtol(value, &end, 10);
    if (end == value || *end || code < 0 || code > 255)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                                  "--exit-code takes a number from 0 to 255, not '%s'", value);
    session->exit_code = (int)code;
    return true;
}

bool ffisan_session_begin(struct ffisan_session *session, struct ffisan_failure *failure)
{
    session->library = ffisan_library_find(failure);
    if (!session->library)
        return false;
    /* For all users: nginx opens it after it has changed to its own user. */
    session->run_dir = ffisan_fs_make_temp_dir("ffisan", 01777);
    if (!session->run_dir)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot make a temporary directory: %s",
                                  strerror(errno));
    const struct ffisan_environment environment = {
        .library = session->library,
        .options = session->settings.text,
        .run_dir = session->run_dir,
        .without_lua_init = session->preload_only,
    };
    return ffisan_environment_apply(&environment, failure);
}

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

static bool has_failed(const struct ffisan_rundir_result *result)
{
    return result->n_errors + result->n_leaks > 0;
}

static void say_findings(const struct ffisan_rundir_result *result, int status)
{
    char counts[160] = "", distinct[64] = "", outcome[64] = "";
    size_t n = result->n_errors + result->n_leaks + result->n_warnings;
    add_count(counts, sizeof(counts), result->n_errors, "error");
    add_count(counts, sizeof(counts), result->n_leaks, "leak");
    add_count(counts, sizeof(counts), result->n_warnings, "warning");
    if (result->n_ids > 0 && result->n_ids < n && result->n_ids < FFISAN_RUNDIR_MAX_IDS)
        snprintf(distinct, sizeof(distinct), " (%zu different)", result->n_ids);
    if (has_failed(result))
        snprintf(outcome, sizeof(outcome), " (exit status %d)", status);
    ffisan_diag_say("%s%s in %zu process%s%s", counts, distinct, result->n_affected,
                    result->n_affected == 1 ? "" : "es", outcome);
}

static void say_texts(const char *prefix, const struct ffisan_rundir_texts *set)
{
    for (size_t i = 0; i < set->n_texts; i++)
        ffisan_diag_say("%s%s", prefix, set->texts[i]);
}

/* A daemon may have a LuaJIT that has not started yet. */
static void say_unwatched(const struct ffisan_session *session, const char *program)
{
    if (ffisan_rundir_has_processes(session->run_dir))
        ffisan_diag_say(
            "'%s' left processes running; they are watched and report to their "
            "standard error, --log and --report",
            program);
    else
        ffisan_diag_say("no LuaJIT was watched in this run; to see why, try: ffisan doctor -- %s",
                        program);
}

int ffisan_session_report(const struct ffisan_session *session, const char *program, int status)
{
    struct ffisan_rundir_result result;
    ffisan_rundir_read(session->run_dir, &result);
    if (has_failed(&result))
        status = session->exit_code;
    if (session->settings.options.stats)
        say_texts("", &result.notes);
    say_texts("not everything was watched: ", &result.degraded);
    if (result.n_watched == 0 && result.n_affected == 0)
        say_unwatched(session, program);
    if (result.is_alive)
        ffisan_diag_say("watched processes of '%s' are still running; this is not their last word",
                        program);
    if (result.n_affected > 0)
        say_findings(&result, status);
    if (result.n_suppressed > 0)
        ffisan_diag_say("%zu finding%s suppressed", result.n_suppressed,
                        plural(result.n_suppressed));
    ffisan_rundir_free(&result);
    return status;
}

void ffisan_session_fini(struct ffisan_session *session)
{
    if (session->run_dir)
        ffisan_fs_remove_tree(session->run_dir);
    free(session->run_dir);
    free(session->library);
    session->run_dir = session->library = NULL;
}
