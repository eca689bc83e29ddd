/* SPDX-License-Identifier: MIT */
/*
 * valgrind and our library both want to own the memory, so under valgrind nothing of ours is
 * loaded; under gdb it is loaded into nginx, not into gdb.
 */
#include "cli/commands.h"
#include "cli/fs.h"
#include "cli/nginx.h"
#include "cli/resty_conf.h"
#include "cli/resty_options.h"
#include "cli/resty_prefix.h"
#include "cli/session.h"
#include "cli/version.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run of the command. */
struct resty {
    struct ffisan_session session;
    struct ffisan_resty_options options;
    struct ffisan_nginx nginx;
    char *prefix;             /* owned */
    struct ffisan_words argv; /* what is started */
};

static void print_help(void)
{
    puts(
        "Usage: ffisan resty [options] -e 'CODE' | FILE [arguments]\n"
        "\n"
        "Runs Lua code inside nginx with the Lua module, as OpenResty's resty command does, and\n"
        "watches it.  No OpenResty is needed: Debian's nginx with libnginx-mod-http-lua will do.\n"
        "The exit status is that of os.exit, 1 after an uncaught error, 66 when memory was used\n"
        "that was gone.\n");
    ffisan_resty_options_help();
}

static int print_version(const struct ffisan_nginx *nginx)
{
    printf("ffisan " FFISAN_VERSION "\n%s", nginx->description);
    return FFISAN_EXIT_OK;
}

/* gdb is to run unwatched, and the program in it watched. */
static void move_preload_into_gdb(struct resty *resty, const char *preload_before)
{
    const char *preload = getenv("LD_PRELOAD");
    ffisan_words_add(&resty->argv, "-iex");
    ffisan_words_add(&resty->argv, "set startup-with-shell off");
    ffisan_words_add(&resty->argv, "-iex");
    ffisan_words_take(&resty->argv,
                      ffisan_fs_format("set environment LD_PRELOAD = %s", preload ? preload : ""));
    if (preload_before)
        setenv("LD_PRELOAD", preload_before, 1);
    else
        unsetenv("LD_PRELOAD");
}

static void add_all(struct ffisan_words *words, const struct ffisan_words *more)
{
    for (size_t i = 0; i < more->n_items; i++)
        ffisan_words_add(words, more->items[i]);
}

static void add_runner(struct resty *resty, const char *preload_before)
{
    const struct ffisan_resty_options *options = &resty->options;
    if (options->valgrind || options->gdb)
        ffisan_words_add(&resty->argv, options->valgrind ? "valgrind" : "gdb");
    if (options->gdb)
        move_preload_into_gdb(resty, preload_before);
    add_all(&resty->argv, &options->debugger_args);
    if (options->gdb)
        ffisan_words_add(&resty->argv, "--args");
    add_all(&resty->argv, &options->user_runner);
}

static void add_nginx(struct resty *resty)
{
    ffisan_words_add(&resty->argv, resty->nginx.path);
    if (resty->nginx.has_stderr_flag) {
        ffisan_words_add(&resty->argv, "-e");
        ffisan_words_add(&resty->argv, "stderr");
    }
    ffisan_words_add(&resty->argv, "-p");
    ffisan_words_take(&resty->argv, ffisan_fs_format("%s/", resty->prefix));
    ffisan_words_add(&resty->argv, "-c");
    ffisan_words_add(&resty->argv, "conf/nginx.conf");
}

/* nginx ends with 0 after these; resty's callers expect what a shell would say. */
static int status_of(const struct ffisan_launch_result *result)
{
    int signal = result->last_forward;
    bool was_ended = signal == SIGINT || signal == SIGTERM;
    return result->status == 0 && was_ended ? 128 + signal : result->status;
}

static bool prepare(struct resty *resty, struct ffisan_failure *failure)
{
    const char *preload = getenv("LD_PRELOAD");
    char *preload_before = preload ? ffisan_fs_format("%s", preload) : NULL;
    bool ok = resty->options.valgrind || ffisan_session_begin(&resty->session, failure);
    if (ok) {
        char *conf = ffisan_resty_conf(&resty->options, &resty->nginx);
        resty->prefix = ffisan_resty_prefix_make(&resty->options, conf, failure);
        free(conf);
        ok = resty->prefix != NULL;
    }
    if (ok) {
        add_runner(resty, preload_before);
        add_nginx(resty);
        ok = ffisan_launch_check(resty->argv.items[0], failure);
    }
    free(preload_before);
    return ok;
}

static int run(struct resty *resty)
{
    struct ffisan_failure failure;
    struct ffisan_launch_result result;
    if (!ffisan_settings_finish(&resty->session.settings, &failure) || !prepare(resty, &failure))
        return ffisan_diag_failure(&failure);
    if (resty->options.valgrind)
        ffisan_diag_say(
            "under valgrind the library of ffisan is not loaded: the findings that "
            "follow are valgrind's");
    if (!ffisan_launch(resty->argv.items, true, &result, &failure))
        return ffisan_diag_failure(&failure);
    int status = status_of(&result);
    return resty->options.valgrind
               ? status
               : ffisan_session_report(&resty->session, resty->nginx.path, status);
}

static int dump_conf(const struct resty *resty)
{
    char *conf = ffisan_resty_conf(&resty->options, &resty->nginx);
    fputs(conf, stdout);
    free(conf);
    return FFISAN_EXIT_OK;
}

static int run_with_nginx(struct resty *resty)
{
    struct ffisan_failure failure;
    if (!ffisan_nginx_find(&resty->nginx, resty->options.nginx, &failure))
        return ffisan_diag_failure(&failure);
    if (resty->options.show_version)
        return print_version(&resty->nginx);
    if (!resty->nginx.has_lua && resty->options.load_modules.n_items == 0) {
        ffisan_failure_set(&failure, FFISAN_EXIT_OWN,
                           "'%s' has no Lua module; install libnginx-mod-http-lua, or name another "
                           "nginx with --nginx=PATH or the module with --load-module=FILE",
                           resty->nginx.path);
        return ffisan_diag_failure(&failure);
    }
    return resty->options.dump_conf ? dump_conf(resty) : run(resty);
}

int ffisan_cmd_resty(int argc, char **argv)
{
    struct ffisan_failure failure;
    struct resty resty;
    memset(&resty, 0, sizeof(resty));
    int status;
    if (!ffisan_session_init(&resty.session, &failure) ||
        !ffisan_resty_options_parse(&resty.options, &resty.session, argc, argv, &failure))
        status = ffisan_diag_failure(&failure);
    else if (resty.options.show_help) {
        print_help();
        status = FFISAN_EXIT_OK;
    } else
        status = run_with_nginx(&resty);
    if (resty.prefix)
        ffisan_fs_remove_tree(resty.prefix);
    free(resty.prefix);
    ffisan_session_fini(&resty.session);
    ffisan_resty_options_free(&resty.options);
    ffisan_nginx_free(&resty.nginx);
    ffisan_words_free(&resty.argv);
    return status;
}
