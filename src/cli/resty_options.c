/* SPDX-License-Identifier: MIT */
#include "cli/resty_options.h"

#include "cli/args.h"
#include "cli/fs.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum key {
    KEY_HELP = 1,
    KEY_VERSION,
    KEY_INCLUDE_DIR,
    KEY_CODE,
    KEY_LIBRARY,
    KEY_JIT,
    KEY_CONNECTIONS,
    KEY_NGINX,
    KEY_SHDICT,
    KEY_HTTP_CONF,
    KEY_HTTP_INCLUDE,
    KEY_MAIN_CONF,
    KEY_MAIN_INCLUDE,
    KEY_STREAM_CONF,
    KEY_NO_STREAM,
    KEY_LOAD_MODULE,
    KEY_ERRLOG_LEVEL,
    KEY_RESOLVE_IPV6,
    KEY_NAME_SERVER,
    KEY_VALGRIND,
    KEY_VALGRIND_OPTS,
    KEY_GDB,
    KEY_GDB_OPTS,
    KEY_USER_RUNNER,
    KEY_DUMP_CONF,
    KEY_EXIT_CODE,
};

static const struct ffisan_arg table[] = {
    {KEY_CODE, 'e', NULL, "CODE", "run this Lua code (may be given several times)"},
    {KEY_INCLUDE_DIR, 'I', NULL, "DIR", "search DIR for Lua modules first"},
    {KEY_LIBRARY, 'l', NULL, "LIB", "require LIB first"},
    {KEY_JIT, 'j', NULL, "v|dump|off", "LuaJIT's jit.v or jit.dump, or the compiler off"},
    {KEY_CONNECTIONS, 'c', NULL, "NUM", "nginx's worker_connections (default 64)"},
    {KEY_NGINX, 0, "nginx", "PATH", "the nginx to use (default: the one in PATH)"},
    {KEY_SHDICT, 0, "shdict", "'NAME SIZE'", "make a lua_shared_dict"},
    {KEY_HTTP_CONF, 0, "http-conf", "TEXT", "put TEXT into http {}"},
    {KEY_HTTP_INCLUDE, 0, "http-include", "FILE", "include FILE in http {}"},
    {KEY_MAIN_CONF, 0, "main-conf", "TEXT", "put TEXT at the top of nginx.conf"},
    {KEY_MAIN_INCLUDE, 0, "main-include", "FILE", "include FILE at the top of nginx.conf"},
    {KEY_STREAM_CONF, 0, "stream-conf", "TEXT", "make a stream {} with TEXT in it"},
    {KEY_NO_STREAM, 0, "no-stream", NULL, "there is no stream {} anyway; resty has it"},
    {KEY_LOAD_MODULE, 0, "load-module", "FILE", "load an nginx module"},
    {KEY_ERRLOG_LEVEL, 0, "errlog-level", "LEVEL", "what nginx logs to standard error (warn)"},
    {KEY_RESOLVE_IPV6, 0, "resolve-ipv6", NULL, "let nginx's resolver ask for IPv6 addresses too"},
    {KEY_NAME_SERVER, 0, "ns", "IP", "the name server to ask (default: /etc/resolv.conf)"},
    {KEY_VALGRIND, 0, "valgrind", NULL, "run nginx under valgrind, without ffisan's library"},
    {KEY_VALGRIND_OPTS, 0, "valgrind-opts", "OPTIONS", "the same, with options for valgrind"},
    {KEY_GDB, 0, "gdb", NULL, "run nginx under gdb, watched"},
    {KEY_GDB_OPTS, 0, "gdb-opts", "OPTIONS", "the same, with options for gdb"},
    {KEY_USER_RUNNER, 0, "user-runner", "COMMAND", "put COMMAND before nginx's own command line"},
    {KEY_DUMP_CONF, 0, "dump-nginx-conf", NULL, "print the nginx.conf and run nothing"},
    {KEY_EXIT_CODE, 0, "exit-code", "N", "exit status when an error was found (default 66)"},
    {KEY_VERSION, 'v', "version", NULL, "print the versions of ffisan and nginx"},
    {KEY_VERSION, 'V', NULL, NULL, "the same"},
    {KEY_HELP, 'h', "help", NULL, "print this help"},
    {0, 0, NULL, NULL, NULL},
};

static bool all_of(const char *text, int (*is_right)(int))
{
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!is_right((unsigned char)*text))
            return false;
    }
    return true;
}

static bool is_shdict(const char *value)
{
    size_t name = 0;
    while (isalnum((unsigned char)value[name]) || value[name] == '_')
        name++;
    const char *size = value + name + strspn(value + name, " \t");
    size_t digits = strspn(size, "0123456789");
    const char *unit = size + digits;
    return name > 0 && size > value + name && digits > 0 &&
           (*unit == '\0' || (strchr("kKmM", *unit) && unit[1] == '\0'));
}

static bool add_name_server(struct ffisan_resty_options *options, const char *value)
{
    unsigned char address[sizeof(struct in6_addr)];
    char *bare = ffisan_fs_format("%s", value);
    size_t length = strlen(bare);
    bool bracketed = length > 2 && bare[0] == '[' && bare[length - 1] == ']';
    if (bracketed) {
        memmove(bare, bare + 1, length - 2);
        bare[length - 2] = '\0';
    }
    bool is_v6 = inet_pton(AF_INET6, bare, address) == 1;
    bool ok = is_v6 || (!bracketed && inet_pton(AF_INET, bare, address) == 1);
    if (ok)
        ffisan_words_take(&options->name_servers, ffisan_fs_format(is_v6 ? "[%s]" : "%s", bare));
    free(bare);
    return ok;
}

/* The code that `-l LIB` stands for; a long bracket that LIB cannot close. */
static char *require_code(const char *library)
{
    char level[32] = "=";
    size_t n = 1;
    while (n < sizeof(level) - 1) {
        char close[40] = "]";
        strcat(strcat(close, level), "]");
        if (!strstr(library, close))
            break;
        level[n++] = '=';
        level[n] = '\0';
    }
    return ffisan_fs_format("require([%s[%s]%s])", level, library, level);
}

static bool set_jit(struct ffisan_resty_options *options, const char *value,
                    struct ffisan_failure *failure)
{
    static const char *const codes[][2] = {{"v", "require 'jit.v'.on()"},
                                           {"dump", "require 'jit.dump'.on()"},
                                           {"off", "require 'jit'.off()"}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(codes[i][0], value) == 0) {
            options->jit_code = codes[i][1];
            return true;
        }
    }
    return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "-j takes v, dump or off, not '%s'", value);
}

static bool add_include(struct ffisan_words *conf, const char *path, struct ffisan_failure *failure)
{
    if (access(path, R_OK) != 0)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot read '%s': %s", path,
                                  strerror(errno));
    char *absolute = ffisan_fs_absolute(path);
    if (strpbrk(absolute, "\"\\$")) {
        ffisan_failure_set(failure, FFISAN_EXIT_OWN, "nginx cannot include '%s': \", \\ or $ in it",
                           absolute);
        free(absolute);
        return false;
    }
    ffisan_words_take(conf, ffisan_fs_format("include \"%s\";", absolute));
    free(absolute);
    return true;
}

static bool bad_value(struct ffisan_failure *failure, const char *option, const char *wanted,
                      const char *value)
{
    return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "%s takes %s, not '%s'", option, wanted,
                              value);
}

static bool split_into(struct ffisan_words *words, const char *option, const char *value,
                       struct ffisan_failure *failure)
{
    return ffisan_words_split(words, value) ||
           ffisan_failure_set(failure, FFISAN_EXIT_OWN, "a quote is not closed in %s='%s'", option,
                              value);
}

/* Options about what nginx runs. */
static bool set_conf(struct ffisan_resty_options *options, enum key key, const char *value,
                     struct ffisan_failure *failure)
{
    switch (key) {
    case KEY_SHDICT:
        if (!is_shdict(value))
            return bad_value(failure, "--shdict", "'NAME SIZE' (such as 'cats 1m')", value);
        ffisan_words_add(&options->shdicts, value);
        return true;
    case KEY_HTTP_CONF:
        ffisan_words_add(&options->http_conf, value);
        return true;
    case KEY_HTTP_INCLUDE:
        return add_include(&options->http_conf, value, failure);
    case KEY_MAIN_CONF:
        ffisan_words_add(&options->main_conf, value);
        return true;
    case KEY_MAIN_INCLUDE:
        return add_include(&options->main_conf, value, failure);
    case KEY_STREAM_CONF:
        ffisan_words_add(&options->stream_conf, value);
        return true;
    case KEY_LOAD_MODULE:
        ffisan_words_add(&options->load_modules, value);
        return true;
    case KEY_CONNECTIONS:
        options->connections = value;
        return all_of(value, isdigit) || bad_value(failure, "-c", "a number", value);
    case KEY_ERRLOG_LEVEL:
        options->errlog_level = value;
        return all_of(value, islower) ||
               bad_value(failure, "--errlog-level", "debug, info, notice, warn, error, crit...",
                         value);
    case KEY_NAME_SERVER:
        return add_name_server(options, value) ||
               bad_value(failure, "--ns", "an IP address", value);
    default:
        return true;
    }
}

/* Options about how nginx is run. */
static bool set_runner(struct ffisan_resty_options *options, enum key key, const char *value,
                       struct ffisan_failure *failure)
{
    switch (key) {
    case KEY_VALGRIND_OPTS:
        options->valgrind = true;
        return split_into(&options->debugger_args, "--valgrind-opts", value, failure);
    case KEY_GDB_OPTS:
        options->gdb = true;
        return split_into(&options->debugger_args, "--gdb-opts", value, failure);
    case KEY_USER_RUNNER:
        return split_into(&options->user_runner, "--user-runner", value, failure);
    default:
        options->valgrind |= key == KEY_VALGRIND;
        options->gdb |= key == KEY_GDB;
        options->resolve_ipv6 |= key == KEY_RESOLVE_IPV6;
        options->dump_conf |= key == KEY_DUMP_CONF;
        options->show_version |= key == KEY_VERSION;
        options->show_help |= key == KEY_HELP;
        return set_conf(options, key, value, failure);
    }
}

/* As it was written, so that chunk names are what resty and luajit make of it. */
static void add_include_dir(struct ffisan_resty_options *options, const char *value)
{
    size_t length = strlen(value);
    while (length > 1 && value[length - 1] == '/')
        length--;
    ffisan_words_take(&options->include_dirs, ffisan_fs_format("%.*s", (int)length, value));
}

static bool set(struct ffisan_resty_options *options, struct ffisan_session *session, enum key key,
                const char *value, struct ffisan_failure *failure)
{
    switch (key) {
    case KEY_CODE:
        ffisan_words_add(&options->code, value);
        return true;
    case KEY_LIBRARY:
        ffisan_words_take(&options->code, require_code(value));
        return true;
    case KEY_JIT:
        return set_jit(options, value, failure);
    case KEY_INCLUDE_DIR:
        add_include_dir(options, value);
        return true;
    case KEY_NGINX:
        options->nginx = value;
        return true;
    case KEY_EXIT_CODE:
        return ffisan_session_set_exit_code(session, value, failure);
    default:
        return set_runner(options, key, value, failure);
    }
}

static bool check(const struct ffisan_resty_options *options, struct ffisan_failure *failure)
{
    if (options->show_help || options->show_version)
        return true;
    if (options->valgrind + options->gdb + (options->user_runner.n_items > 0) > 1)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                                  "only one of --valgrind, --gdb and --user-runner is possible");
    if (!options->script && options->code.n_items == 0)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                                  "nothing to run; usage: ffisan resty [options] -e 'CODE' | "
                                  "FILE [arguments]");
    if (options->script && access(options->script, R_OK) != 0)
        return ffisan_failure_set(failure, FFISAN_EXIT_NOT_FOUND, "cannot read '%s': %s",
                                  options->script, strerror(errno));
    return true;
}

bool ffisan_resty_options_parse(struct ffisan_resty_options *options,
                                struct ffisan_session *session, int argc, char **argv,
                                struct ffisan_failure *failure)
{
    *options = (struct ffisan_resty_options){.errlog_level = "warn", .connections = "64"};
    struct ffisan_args args = {argc, argv, 1, table, &session->settings};
    const char *value;
    int key;
    while ((key = ffisan_args_next(&args, &value, failure)) > 0) {
        if (!set(options, session, (enum key)key, value, failure))
            return false;
    }
    if (key < 0)
        return false;
    if (args.at < argc)
        options->script = argv[args.at++];
    options->script_args = argv + args.at;
    return check(options, failure);
}

void ffisan_resty_options_free(struct ffisan_resty_options *options)
{
    struct ffisan_words *lists[] = {
        &options->include_dirs,  &options->code,        &options->shdicts,   &options->name_servers,
        &options->load_modules,  &options->main_conf,   &options->http_conf, &options->stream_conf,
        &options->debugger_args, &options->user_runner,
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        ffisan_words_free(lists[i]);
}

void ffisan_resty_options_help(void)
{
    ffisan_args_help(table, true);
}
