/* SPDX-License-Identifier: MIT */
/*
 * ffisan: finds memory that LuaJIT's garbage collector has freed and C still uses.
 *
 * The files of the command, by what they serve:
 *
 *  - main(): finds the command
 *      - commands.h        (the commands)
 *      - version.h
 *  - every command
 *      - args.[ch]         (option tables, help, "did you mean")
 *      - settings.[ch]     (the runtime's options, from wire/options.def)
 *      - diag.[ch]         (messages, exit statuses; the only printer of errors)
 *      - fs.[ch]           (files and strings)
 *  - ffisan_cmd_run()      (cmd_run.c), and with it ffisan_cmd_resty():
 *      - session.[ch]      (one watched run from beginning to end)
 *      - library.[ch]      (where libffisan.so is)
 *      - environment.[ch]  (LD_PRELOAD, LUA_INIT, FFISAN_*: all that the runtime is told)
 *      - launch.[ch]       (start, signals, wait)
 *      - rundir.[ch]       (what the watched processes left)
 *      - alive.[ch]        (which of them live on)
 *      - summary.[ch]      (the last lines about a run)
 *      - lua_text.[ch]     (strings as Lua literals)
 *  - ffisan_cmd_resty()    (cmd_resty.c)
 *      - resty_options.[ch] (resty's options)
 *      - resty_prefix.[ch] (the directory that nginx is started in)
 *      - resty_conf.[ch]   (its nginx.conf)
 *      - resty_lua.[ch]    (the Lua around the user's code)
 *      - nginx.[ch]        (which nginx, which modules)
 *      - words.[ch]        (splits a string as a shell does)
 *  - ffisan_cmd_doctor()   (cmd_doctor.c)
 *      - doctor.h, doctor_system.c, doctor_program.c (the two halves of its answer)
 *      - elf.[ch]          (which symbols and libraries a program has)
 *      - program.[ch]      (from a command to the ELF files behind it)
 *      - probe.[ch]        (tries a LuaJIT in a child process)
 *      - capture.[ch]      (output of a child process)
 *  - ffisan_cmd_show()     (cmd_show.c)
 *      - model.[ch]        (a record decoded)
 *      - debuginfo.[ch]    (lines of C, by libdw)
 */
#include "cli/commands.h"
#include "cli/diag.h"
#include "cli/version.h"
#include "wire/suggest.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", ffisan_cmd_run, "run a program and report what it does to memory that is gone"},
    {"resty", ffisan_cmd_resty, "run Lua code inside nginx as OpenResty's resty does"},
    {"doctor", ffisan_cmd_doctor, "say what can be watched here, and how"},
    {"show", ffisan_cmd_show, "print a report file as text"},
};
enum { N_COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_help(FILE *file)
{
    fputs(
        "Usage: ffisan COMMAND [options]\n"
        "\n"
        "Finds memory that LuaJIT's garbage collector has freed and C still uses.\n"
        "\n"
        "Commands:\n",
        file);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fputs(
        "\n"
        "'ffisan help COMMAND' or 'ffisan COMMAND --help' lists the options of a command.\n"
        "The most common use: ffisan run -- luajit program.lua\n",
        file);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *words[N_COMMANDS + 1] = {"help"};
    for (size_t i = 0; i < N_COMMANDS; i++)
        words[i + 1] = commands[i].name;
    const char *nearest =
        ffisan_suggest(words, N_COMMANDS + 1, (struct ffisan_span){name, strlen(name)});
    const char *what = name[0] == '-' ? "option" : "command";
    if (nearest)
        ffisan_diag_say("unknown %s '%s' (did you mean '%s'?)", what, name, nearest);
    else
        ffisan_diag_say(
            "unknown %s '%s'; 'ffisan --help' lists the commands, and a program is "
            "watched with 'ffisan run -- %s'",
            what, name, name);
    return FFISAN_EXIT_OWN;
}

static int help(int argc, char **argv)
{
    if (argc < 3) {
        print_help(stdout);
        return FFISAN_EXIT_OK;
    }
    const struct command *command = find_command(argv[2]);
    if (!command)
        return unknown_command(argv[2]);
    char *help_argv[] = {argv[2], (char *)"--help", NULL};
    return command->main(2, help_argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return FFISAN_EXIT_OWN;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0)
        return help(argc, argv);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(2, argv);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("ffisan " FFISAN_VERSION);
        return FFISAN_EXIT_OK;
    }
    const struct command *command = find_command(name);
    return command ? command->main(argc - 1, argv + 1) : unknown_command(name);
}
