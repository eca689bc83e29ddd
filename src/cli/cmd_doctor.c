/* SPDX-License-Identifier: MIT */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/launch.h"
#include "cli/program.h"
#include "cli/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum key { KEY_HELP = 1 };

enum { SUBJECT_WIDTH = 14 };

static const struct ffisan_arg table[] = {
    {KEY_HELP, 'h', "help", NULL, "print this help"},
    {0, 0, NULL, NULL, NULL},
};

static void print_help(void)
{
    puts(
        "Usage: ffisan doctor [--] [COMMAND [arguments]]\n"
        "\n"
        "Says what can be watched here, and what to do where it cannot: for COMMAND, as\n"
        "'ffisan run -- COMMAND' would start it, or for every LuaJIT that is found.  COMMAND\n"
        "itself is not run; luajit, nvim and nginx are tried out with a program that does\n"
        "nothing.  The exit status is 0 when it will work, 1 when not.\n");
    ffisan_args_help(table, false);
}

void ffisan_doctor_say(const struct ffisan_doctor *doctor, enum ffisan_doctor_level level,
                       const char *subject, const char *format, ...)
{
    static const char *const words[] = {"ok  ", "note", "NO  "};
    static const char *const colors[] = {"\033[32m", "\033[33m", "\033[31m"};
    printf("  %s%s%s  %-*s  ", doctor->color ? colors[level] : "", words[level],
           doctor->color ? "\033[0m" : "", SUBJECT_WIDTH, subject);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* `env luajit x.lua`: programs that start another one have its name among their arguments. */
static bool examine_command(const struct ffisan_doctor *doctor, int argc, char **argv,
                            struct ffisan_failure *failure)
{
    *failure = (struct ffisan_failure){0};
    bool works = ffisan_doctor_program(doctor, argv[0], failure);
    for (int i = 1; !works && failure->status == 0 && i < argc; i++) {
        struct ffisan_failure ignored;
        struct ffisan_program inner;
        bool has_luajit = argv[i][0] != '-' && ffisan_program_examine(&inner, argv[i], &ignored) &&
                          inner.place != FFISAN_PLACE_NONE;
        if (argv[i][0] != '-')
            ffisan_program_free(&inner);
        if (has_luajit)
            works = ffisan_doctor_program(doctor, argv[i], &ignored);
    }
    return works;
}

static int verdict(const struct ffisan_doctor *doctor, bool works, const char *what)
{
    works = works && !doctor->is_system_broken;
    printf("\n%s%s%s\n", works ? "Yes: 'ffisan run -- " : "No: 'ffisan run -- ", what,
           works ? "' will watch it." : "' will not watch a LuaJIT.");
    return works ? FFISAN_EXIT_OK : FFISAN_EXIT_NO;
}

static int examine(struct ffisan_doctor *doctor, int argc, char **argv)
{
    puts("ffisan " FFISAN_VERSION);
    ffisan_doctor_system(doctor);
    if (argc == 0) {
        puts("\nLuaJIT on this machine");
        bool works = ffisan_doctor_survey(doctor);
        return verdict(doctor, works, "PROGRAM");
    }
    printf("\n%s\n", argv[0]);
    struct ffisan_failure failure;
    bool works = examine_command(doctor, argc, argv, &failure);
    return verdict(doctor, works, argv[0]);
}

int ffisan_cmd_doctor(int argc, char **argv)
{
    struct ffisan_failure failure;
    struct ffisan_args args = {argc, argv, 1, table, NULL};
    struct ffisan_doctor doctor = {.color = ffisan_diag_wants_color(STDOUT_FILENO)};
    const char *value;
    int key = ffisan_args_next(&args, &value, &failure);
    if (key < 0)
        return ffisan_diag_failure(&failure);
    if (key == KEY_HELP) {
        print_help();
        return FFISAN_EXIT_OK;
    }
    int status = examine(&doctor, argc - args.at, argv + args.at);
    free(doctor.library);
    fflush(stdout);
    return status;
}
