/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "cli/alive.h"
#include "cli/environment.h"
#include "cli/fs.h"
#include "cli/library.h"
#include "cli/rundir.h"
#include "cli/summary.h"

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
    if (!session->run_dir || !ffisan_alive_prepare(session->run_dir))
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

/* A daemon goes on, and may even have a LuaJIT that has not started yet. */
static void say_left(const struct ffisan_session *session, const char *program)
{
    ffisan_diag_say("'%s' left processes running, and what is found there is kept: ffisan show %s",
                    program, session->run_dir);
}

static void deliver(const struct ffisan_session *session)
{
    const char *report = session->settings.options.report;
    if (report && !ffisan_rundir_deliver(session->run_dir, report))
        ffisan_diag_say("cannot write to %s: not every finding is in it", report);
}

int ffisan_session_report(struct ffisan_session *session, const char *program, int status)
{
    struct ffisan_rundir_result result;
    ffisan_rundir_read(session->run_dir, &result);
    if (ffisan_summary_has_failed(&result))
        status = session->exit_code;
    deliver(session);
    ffisan_summary_say_gaps(&result, session->settings.options.stats);
    bool is_blind = result.n_watched == 0 && result.n_affected == 0;
    session->is_kept =
        ffisan_alive_any(session->run_dir) || (is_blind && ffisan_alive_started(session->run_dir));
    if (session->is_kept)
        say_left(session, program);
    else if (is_blind)
        ffisan_diag_say("no LuaJIT was watched in this run; to see why, try: ffisan doctor -- %s",
                        program);
    ffisan_summary_say_findings(&result, status);
    ffisan_rundir_free(&result);
    return status;
}

void ffisan_session_fini(struct ffisan_session *session)
{
    if (session->run_dir && !session->is_kept)
        ffisan_fs_remove_tree(session->run_dir);
    free(session->run_dir);
    free(session->library);
    session->run_dir = session->library = NULL;
}
