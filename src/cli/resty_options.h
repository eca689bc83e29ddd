/* SPDX-License-Identifier: MIT */
/** The options of `ffisan resty`: those of OpenResty's resty and those of `ffisan run`. */
#ifndef FFISAN_CLI_RESTY_OPTIONS_H
#define FFISAN_CLI_RESTY_OPTIONS_H

#include "cli/session.h"
#include "cli/words.h"

/** Strings are argv's, lists are owned. */
struct ffisan_resty_options {
    struct ffisan_words include_dirs;  /**< -I */
    struct ffisan_words code;          /**< of -e and -l, in this order */
    struct ffisan_words shdicts;       /**< "NAME SIZE" */
    struct ffisan_words name_servers;  /**< --ns, without brackets added */
    struct ffisan_words load_modules;  /**< --load-module */
    struct ffisan_words main_conf;     /**< text for the top level */
    struct ffisan_words http_conf;     /**< text for http {} */
    struct ffisan_words stream_conf;   /**< text for stream {} */
    struct ffisan_words debugger_args; /**< of --valgrind-opts or --gdb-opts */
    struct ffisan_words user_runner;
    const char *jit_code; /**< of -j, to be run first, or NULL */
    const char *nginx;
    const char *errlog_level;
    const char *connections;
    const char *script; /**< the Lua file, or NULL */
    char **script_args; /**< what follows, NULL-terminated */
    bool resolve_ipv6;
    bool valgrind;
    bool gdb;
    bool dump_conf;
    bool show_version;
    bool show_help;
};

/** Parses argv; false with `failure`.  Free with ffisan_resty_options_free() in any case. */
bool ffisan_resty_options_parse(struct ffisan_resty_options *options,
                                struct ffisan_session *session, int argc, char **argv,
                                struct ffisan_failure *failure);

void ffisan_resty_options_free(struct ffisan_resty_options *options);

/** Prints the option part of the help. */
void ffisan_resty_options_help(void);

#endif
