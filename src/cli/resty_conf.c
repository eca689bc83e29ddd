/* SPDX-License-Identifier: MIT */
#include "cli/resty_conf.h"

#include "cli/fs.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESOLV_CONF_MAX = 64 * 1024, MAX_NAME_SERVERS = 10 };

extern char **environ;

static void put_lines(FILE *out, const char *indent, const struct ffisan_words *lines)
{
    for (size_t i = 0; i < lines->n_items; i++)
        fprintf(out, "%s%s\n", indent, lines->items[i]);
}

/* Inside double quotes of nginx.conf. */
static void put_escaped(FILE *out, const char *string)
{
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            putc('\\', out);
        putc(*string, out);
    }
}

static void put_modules(FILE *out, const struct ffisan_resty_options *options,
                        const struct ffisan_nginx *nginx)
{
    const char *modules[] = {nginx->module_ndk, nginx->module_lua};
    for (size_t i = 0; i < 2; i++) {
        if (modules[i] && nginx->module_lua)
            fprintf(out, "load_module \"%s\";\n", modules[i]);
    }
    for (size_t i = 0; i < options->load_modules.n_items; i++)
        fprintf(out, "load_module \"%s\";\n", options->load_modules.items[i]);
}

/* nginx hides the environment from its workers unless it is told otherwise, name by name. */
static void put_environment(FILE *out)
{
    for (char **entry = environ; *entry; entry++) {
        size_t n = 0;
        while (isalnum((unsigned char)(*entry)[n]) || (*entry)[n] == '_')
            n++;
        if (n > 0 && (*entry)[n] == '=')
            fprintf(out, "env %.*s;\n", (int)n, *entry);
    }
}

static size_t put_system_resolvers(FILE *out)
{
    char *text = ffisan_fs_read_file("/etc/resolv.conf", RESOLV_CONF_MAX, NULL);
    char *rest = text, *line, address[64];
    size_t n = 0;
    while (n < MAX_NAME_SERVERS && (line = strsep(&rest, "\n"))) {
        unsigned char bytes[sizeof(struct in6_addr)];
        if (sscanf(line, " nameserver %63s", address) != 1)
            continue;
        bool is_v4 = inet_pton(AF_INET, address, bytes) == 1;
        if (!is_v4 && inet_pton(AF_INET6, address, bytes) != 1)
            continue;
        fprintf(out, is_v4 ? " %s" : " [%s]", address);
        n++;
    }
    free(text);
    return n;
}

/* Nobody is asked whom the user did not name: without a name server there is no resolver. */
static void put_resolver(FILE *out, const struct ffisan_resty_options *options)
{
    char *servers;
    size_t size, n = options->name_servers.n_items;
    FILE *list = open_memstream(&servers, &size);
    if (!list)
        abort();
    for (size_t i = 0; i < n; i++)
        fprintf(list, " %s", options->name_servers.items[i]);
    if (n == 0)
        n = put_system_resolvers(list);
    fclose(list);
    if (n > 0)
        fprintf(out, "    resolver%s%s;\n", servers, options->resolve_ipv6 ? "" : " ipv6=off");
    free(servers);
}

static void put_package_path(FILE *out, const struct ffisan_resty_options *options)
{
    static const char *const forms[] = {"?.ljbc", "?.lua", "?/init.ljbc", "?/init.lua"};
    if (options->include_dirs.n_items == 0)
        return;
    fputs("    lua_package_path \"", out);
    for (size_t i = 0; i < options->include_dirs.n_items; i++) {
        for (size_t form = 0; form < 4; form++) {
            put_escaped(out, options->include_dirs.items[i]);
            fprintf(out, "/%s;", forms[form]);
        }
    }
    fputs(";\";\n    lua_package_cpath \"", out);
    for (size_t i = 0; i < options->include_dirs.n_items; i++) {
        put_escaped(out, options->include_dirs.items[i]);
        fputs("/?.so;", out);
    }
    fputs(";\";\n", out);
}

/* The compiled-in places may belong to somebody else. */
static void put_temp_paths(FILE *out, const struct ffisan_nginx *nginx)
{
    static const char *const modules[] = {"proxy", "fastcgi", "uwsgi", "scgi"};
    fputs("    client_body_temp_path temp/client_body;\n", out);
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        if (!ffisan_nginx_lacks(nginx, modules[i]))
            fprintf(out, "    %s_temp_path temp/%s;\n", modules[i], modules[i]);
    }
}

static void put_http(FILE *out, const struct ffisan_resty_options *options,
                     const struct ffisan_nginx *nginx)
{
    fputs(
        "http {\n"
        "    access_log off;\n"
        "    lua_socket_log_errors off;\n"
        "    lua_regex_cache_max_entries 40960;\n",
        out);
    put_temp_paths(out, nginx);
    put_resolver(out, options);
    for (size_t i = 0; i < options->shdicts.n_items; i++)
        fprintf(out, "    lua_shared_dict %s;\n", options->shdicts.items[i]);
    put_package_path(out, options);
    put_lines(out, "    ", &options->http_conf);
    fputs(
        "    init_by_lua_file conf/init.lua;\n"
        "    init_worker_by_lua_file conf/worker.lua;\n"
        "}\n",
        out);
}

char *ffisan_resty_conf(const struct ffisan_resty_options *options,
                        const struct ffisan_nginx *nginx)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    put_modules(out, options, nginx);
    fprintf(out,
            "daemon off;\nmaster_process off;\nworker_processes 1;\npid logs/nginx.pid;\n"
            "error_log stderr %s;\n",
            options->errlog_level);
    put_environment(out);
    put_lines(out, "", &options->main_conf);
    fprintf(out, "events {\n    worker_connections %s;\n}\n", options->connections);
    if (options->stream_conf.n_items > 0) {
        fputs("stream {\n", out);
        put_lines(out, "    ", &options->stream_conf);
        fputs("}\n", out);
    }
    put_http(out, options, nginx);
    fclose(out);
    return text;
}
