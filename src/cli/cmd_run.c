/* SPDX-License-Identifier: MIT */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include <stdio.h>

enum key { KEY_HELP = 1, KEY_EXIT_CODE, KEY_PRELOAD_ONLY };

static const struct ffisan_arg table[] = {
    {KEY_EXIT_CODE, 0, "exit-code", "N", "exit status when an error was found (default 66)"},
    {KEY_PRELOAD_ONLY, 0, "preload-only", NULL,
     "leave LUA_INIT alone: watches only programs that link a shared libluajit"},
    {KEY_HELP, 'h', "help", NULL, "print this help"},
    {0, 0, NULL, NULL, NULL},
};

static void print_help(void)
{
    puts(
        "Usage: ffisan run [options] [--] PROGRAM [arguments]\n"
        "\n"
        "Runs PROGRAM and everything that it starts, and watches each LuaJIT in it.  Reports go\n"
        "to standard error.  The exit status is the program's own, or 66 when memory was used\n"
        "that was gone, 125 when ffisan itself failed, 126 and 127 when PROGRAM cannot be run.\n");
    ffisan_args_help(table, true);
}

/* 0: go on at args->at; 1: help was asked for; -1: failure. */
static int parse(struct ffisan_args *args, struct ffisan_session *session,
                 struct ffisan_failure *failure)
{
    const char *value;
    int key;
    while ((key = ffisan_args_next(args, &value, failure)) > 0) {
        if (key == KEY_HELP)
            return 1;
        if (key == KEY_EXIT_CODE && !ffisan_session_set_exit_code(session, value, failure))
            return -1;
        if (key == KEY_PRELOAD_ONLY)
            session->preload_only = true;
    }
    if (key == 0 && args->at >= args->argc) {
        ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                           "no program given; usage: ffisan run [options] -- PROGRAM [arguments]");
        return -1;
    }
    return key;
}

static int run(struct ffisan_session *session, char *const *argv, struct ffisan_failure *failure)
{
    struct ffisan_launch_result result;
    bool ok = ffisan_settings_finish(&session->settings, failure) &&
              ffisan_launch_check(argv[0], failure) && ffisan_session_begin(session, failure) &&
              ffisan_launch(argv, false, &result, failure);
    int status =
        ok ? ffisan_session_report(session, argv[0], result.status) : ffisan_diag_failure(failure);
    ffisan_session_fini(session);
    return status;
}

int ffisan_cmd_run(int argc, char **argv)
{
    struct ffisan_failure failure;
    struct ffisan_session session;
    struct ffisan_args args = {argc, argv, 1, table, &session.settings};
    if (!ffisan_session_init(&session, &failure))
        return ffisan_diag_failure(&failure);
    int outcome = parse(&args, &session, &failure);
    if (outcome < 0)
        return ffisan_diag_failure(&failure);
    if (outcome > 0) {
        print_help();
        return FFISAN_EXIT_OK;
    }
    return run(&session, argv + args.at, &failure);
}
