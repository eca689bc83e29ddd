/* SPDX-License-Identifier: MIT */
/**
 * Command line options: one table per command, plus the runtime's options where wanted.
 * Understood: --name=value, --name value, --flag, -x value, -xvalue, -x=value, "--" ends options.
 */
#ifndef FFISAN_CLI_ARGS_H
#define FFISAN_CLI_ARGS_H

#include "cli/settings.h"

/** One option of a command.  Tables end with an entry whose key is 0. */
struct ffisan_arg {
    int key;           /**< > 0: what ffisan_args_next() returns */
    char letter;       /**< 0 = none */
    const char *name;  /**< long name; NULL = none */
    const char *value; /**< what the value looks like; NULL = takes none */
    const char *text;  /**< for help */
};

/** A walk through argv.  Start with at = 1. */
struct ffisan_args {
    int argc;
    char **argv;
    int at; /**< after the walk: the first argument that is not an option */
    const struct ffisan_arg *table;
    struct ffisan_settings *settings; /**< NULL: the command has no options of the runtime */
};

/**
 * The next option's key, its value in `ret_value`; 0 at the end of the options; -1 with `failure`
 * filled in.  Options of the runtime go to `settings` and are not returned.
 */
int ffisan_args_next(struct ffisan_args *args, const char **ret_value,
                     struct ffisan_failure *failure);

/** Prints the option part of a command's help on standard output. */
void ffisan_args_help(const struct ffisan_arg *table, bool with_settings);

#endif
