/* SPDX-License-Identifier: MIT */
#include "cli/alive.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/debuginfo.h"
#include "cli/model.h"
#include "cli/rundir.h"
#include "cli/summary.h"
#include "wire/report_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum key { KEY_HELP = 1, KEY_COLOR };

enum { REPORT_MAX = 256 * 1024 };

static const struct ffisan_arg table[] = {
    {KEY_COLOR, 0, "color", "auto|always|never", "colour (auto: on a terminal)"},
    {KEY_HELP, 'h', "help", NULL, "print this help"},
    {0, 0, NULL, NULL, NULL},
};

/* One run of the command over all files. */
struct show {
    bool color;
    bool failed; /* something was not readable */
    char *buffer;
    struct ffisan_debuginfo *debuginfo;
    /* Of a run, whose processes may all have found the same. */
    bool is_once;
    uint64_t ids[FFISAN_RUNDIR_MAX_IDS];
    size_t n_ids, n_again;
};

static void print_help(void)
{
    puts(
        "Usage: ffisan show [options] FILE...\n"
        "\n"
        "Prints the findings of a report file (made with --report=FILE) as text.  '-' is standard\n"
        "input, a folder is what `ffisan run` has kept of a program that lives on.  C frames get\n"
        "file and line where the module has debug information.  Lines that are not records are\n"
        "named on standard error, and the exit status is then 1.\n");
    ffisan_args_help(table, false);
}

static bool parse_color(const char *value, bool *ret_color, struct ffisan_failure *failure)
{
    if (strcmp(value, "auto") == 0)
        return true;
    *ret_color = strcmp(value, "always") == 0;
    return *ret_color || strcmp(value, "never") == 0 ||
           ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                              "--color takes auto, always or never, not '%s'", value);
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!strchr(" \t\r\n", line[i]))
            return false;
    }
    return true;
}

static void complete(struct ffisan_frame *frame, void *context)
{
    ffisan_debuginfo_complete(context, frame);
}

static bool is_again(struct show *show, uint64_t id)
{
    for (size_t i = 0; i < show->n_ids; i++) {
        if (show->ids[i] == id)
            return true;
    }
    if (show->n_ids < FFISAN_RUNDIR_MAX_IDS)
        show->ids[show->n_ids++] = id;
    return false;
}

static void print_finding(struct show *show, struct ffisan_model *model)
{
    struct ffisan_text text;
    if (show->is_once && is_again(show, ffisan_model_finding(model)->id)) {
        show->n_again++;
        return;
    }
    ffisan_model_each_frame(model, complete, show->debuginfo);
    ffisan_text_init(&text, show->buffer, REPORT_MAX);
    ffisan_report_text(&text, ffisan_model_finding(model), show->color);
    fwrite(text.data, 1, text.length, stdout);
}

static void show_line(struct show *show, const char *name, size_t number, const char *line,
                      size_t length)
{
    char error[256];
    struct ffisan_model *model = ffisan_model_decode(line, length, error, sizeof(error));
    if (!model) {
        ffisan_diag_say("%s:%zu: %s", name, number, error);
        show->failed = true;
        return;
    }
    print_finding(show, model);
    ffisan_model_free(model);
}

static void show_stream(struct show *show, const char *name, FILE *file)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t length;
    while ((length = getline(&line, &size, file)) > 0) {
        number++;
        if (!is_blank(line, (size_t)length))
            show_line(show, name, number, line, (size_t)length);
    }
    if (ferror(file)) {
        ffisan_diag_say("cannot read '%s': %s", name, strerror(errno));
        show->failed = true;
    }
    free(line);
}

static void show_file(struct show *show, const char *name)
{
    FILE *file = fopen(name, "re");
    if (!file) {
        ffisan_diag_say("cannot open '%s': %s", name, strerror(errno));
        show->failed = true;
        return;
    }
    show_stream(show, name, file);
    fclose(file);
}

/* How many, as far as /proc tells. */
static void say_alive(const char *path)
{
    size_t n = ffisan_alive_any(path) ? ffisan_alive_count(path) : 0;
    if (n > 0)
        ffisan_diag_say("%zu watched process%s of this run live%s on", n, n == 1 ? "" : "es",
                        n == 1 ? "s" : "");
    else if (ffisan_alive_any(path))
        ffisan_diag_say("watched processes of this run live on");
}

/* What `ffisan run` has kept of a program that lives on. */
static void show_run(struct show *show, const char *path)
{
    struct ffisan_rundir_result result;
    char **names = ffisan_alive_is_run(path) ? ffisan_rundir_records(path) : NULL;
    if (!names) {
        ffisan_diag_say("cannot read '%s': it is a folder, and none of a run", path);
        show->failed = true;
        return;
    }
    show->is_once = true;
    show->n_ids = show->n_again = 0;
    for (char **name = names; *name; name++) {
        show_file(show, *name);
        free(*name);
    }
    free(names);
    show->is_once = false;
    fflush(stdout);
    if (show->n_again > 0)
        ffisan_diag_say("%zu finding%s of another process left out: %s shown before", show->n_again,
                        show->n_again == 1 ? "" : "s", show->n_again == 1 ? "it is" : "they are");
    ffisan_rundir_read(path, &result);
    ffisan_summary_say_gaps(&result, false);
    ffisan_summary_say_findings(&result, -1);
    if (result.n_affected == 0)
        ffisan_diag_say("nothing has been found in %zu watched process%s", result.n_watched,
                        result.n_watched == 1 ? "" : "es");
    say_alive(path);
    ffisan_rundir_free(&result);
}

static void show_name(struct show *show, const char *name)
{
    struct stat st;
    if (strcmp(name, "-") == 0)
        show_stream(show, "(standard input)", stdin);
    else if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
        show_run(show, name);
    else
        show_file(show, name);
}

static int show_all(struct show *show, char *const *names, int n_names)
{
    show->buffer = malloc(REPORT_MAX);
    if (!show->buffer) {
        ffisan_diag_say("out of memory");
        return FFISAN_EXIT_OWN;
    }
    show->debuginfo = ffisan_debuginfo_new();
    for (int i = 0; i < n_names; i++)
        show_name(show, names[i]);
    const char *problem;
    while ((problem = ffisan_debuginfo_next_problem(show->debuginfo)))
        ffisan_diag_say("%s", problem);
    ffisan_debuginfo_free(show->debuginfo);
    free(show->buffer);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ffisan_diag_say("cannot write to standard output: %s", strerror(errno));
        return FFISAN_EXIT_OWN;
    }
    return show->failed ? FFISAN_EXIT_NO : FFISAN_EXIT_OK;
}

int ffisan_cmd_show(int argc, char **argv)
{
    struct ffisan_failure failure;
    struct ffisan_args args = {argc, argv, 1, table, NULL};
    struct show show = {.color = ffisan_diag_wants_color(STDOUT_FILENO)};
    const char *value;
    int key;
    while ((key = ffisan_args_next(&args, &value, &failure)) > 0) {
        if (key == KEY_HELP) {
            print_help();
            return FFISAN_EXIT_OK;
        }
        if (key == KEY_COLOR && !parse_color(value, &show.color, &failure))
            return ffisan_diag_failure(&failure);
    }
    if (key == 0 && args.at >= argc) {
        ffisan_failure_set(&failure, FFISAN_EXIT_OWN,
                           "no file given; usage: ffisan show FILE... ('-' is standard input)");
        key = -1;
    }
    if (key < 0)
        return ffisan_diag_failure(&failure);
    return show_all(&show, argv + args.at, argc - args.at);
}
