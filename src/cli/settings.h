/* SPDX-License-Identifier: MIT */
/**
 * The runtime's options (wire/options.def) as the command takes them: --name=value, checked before
 * anything is started, and passed on as FFISAN_OPTIONS.
 */
#ifndef FFISAN_CLI_SETTINGS_H
#define FFISAN_CLI_SETTINGS_H

#include "cli/diag.h"
#include "wire/options.h"

/** One option of the runtime, for parsing and for help. */
struct ffisan_setting {
    const char *name;  /**< as in options.def, with '_' */
    const char *value; /**< what the value looks like */
    const char *text;
    bool is_flag;   /**< "--name" alone means 1 */
    bool is_string; /**< a path when `value` is "FILE" */
};

/** All of them, ended by an entry without a name. */
extern const struct ffisan_setting ffisan_settings_all[];

/** What was asked for. */
struct ffisan_settings {
    struct ffisan_options options; /**< the outcome */
    char text[8192];               /**< the outcome as FFISAN_OPTIONS */
};

/** Starts with what FFISAN_OPTIONS already says; false when it is not understood. */
bool ffisan_settings_init(struct ffisan_settings *settings, struct ffisan_failure *failure);

/** The option called `name` ('-' and '_' are the same, up to `length`), or NULL. */
const struct ffisan_setting *ffisan_settings_find(const char *name, size_t length);

/** Sets one option; `value` may be NULL for a flag.  File names become absolute. */
bool ffisan_settings_set(struct ffisan_settings *settings, const struct ffisan_setting *setting,
                         const char *value, struct ffisan_failure *failure);

/**
 * To be called once, when all options are known: decides about colours (the program may not have
 * our terminal) and checks that the files can be written.
 */
bool ffisan_settings_finish(struct ffisan_settings *settings, struct ffisan_failure *failure);

#endif
